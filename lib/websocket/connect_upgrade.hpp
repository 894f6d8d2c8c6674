#pragma once

#include "carrier/carrier_io.hpp"
#include "websocket/upgrade.hpp"

#include <coseal/result.hpp>

#include <string>
#include <vector>

namespace coseal::websocket {

/// Asks for a WebSocket and reads the answer, to the byte: what came behind it is returned. Errors: those of
/// carrier_io, http::errc, errc::upgrade_refused, close_code::protocol_error.
task<result<std::vector<std::byte>>> connect_upgrade(carrier_io& stream, std::string host, std::string target,
                                                     std::string subprotocol, std::string origin,
                                                     clock::time_point deadline);

}  // namespace coseal::websocket
