#pragma once

#include <string_view>

namespace coseal {

/// How a session began on its connection.
enum class session_start {
  fresh,    ///< with a full handshake
  resumed,  ///< it goes on from another connection, perhaps of another process
  expired,  ///< with a full handshake, because the connector could not resume the session that it had before
};

/// "fresh", "resumed", "expired"
std::string_view to_string(session_start start) noexcept;

}  // namespace coseal
