#pragma once

#include <coseal/asio.hpp>
#include <coseal/result.hpp>
#include <coseal/storage.hpp>

#include <array>
#include <cstddef>
#include <memory>

namespace coseal {

/// Writes into an acceptor's store that this session must not be resumed: from now on its connector has to
/// shake hands anew. A connection that it has now goes on; to shut out the connector itself see revoke_pin.
/// Kept for 7 days, longer than any session can be resumed. Errors: condition::storage.
task<result<void>> revoke_session(std::shared_ptr<storage> store, std::array<std::byte, 16> id);

}  // namespace coseal
