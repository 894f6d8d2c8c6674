#pragma once

#include <coseal/asio.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/storage.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// A session that a connector keeps in its storage; see connect_options::keep_as.
struct kept_session {
  std::string name;
  std::array<std::byte, 16> session_id{};
  security_level level = security_level::none;
  coordinate peer;
  public_key peer_key;
  std::chrono::system_clock::time_point expires;
};

/// The sessions that this storage's identity can still open. Errors: condition::storage,
/// errc::identity_missing.
task<result<std::vector<kept_session>>> list_kept_sessions(std::shared_ptr<storage> store);

/// Writes into an acceptor's store that this session must not be resumed: from now on its connector has to
/// shake hands anew. A connection that it has now goes on; to shut out the connector itself see revoke_pin.
/// Kept for 7 days, longer than any session can be resumed. Errors: condition::storage.
task<result<void>> revoke_session(std::shared_ptr<storage> store, std::array<std::byte, 16> id);

}  // namespace coseal
