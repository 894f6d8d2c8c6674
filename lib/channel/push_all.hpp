#pragma once

#include "channel/server_connection.hpp"

#include <coseal/audience.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/payload.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coseal {

/// A push as it goes into sessions.
shared_message push_message(std::uint64_t position, const payload& body);

/// To each of `clients`, waiting for those that are behind where the policy says so. `body` is its size
/// without the message's head.
task<result<push_report>> push_all(std::vector<std::shared_ptr<server_connection>> clients,
                                   shared_message message, std::size_t body, operation_options options);

}  // namespace coseal
