#pragma once

#include "websocket/upgrade.hpp"

#include <coseal/carrier.hpp>
#include <coseal/listen_any.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

namespace coseal {

/// Where a connection goes that turns out to be none of sessions. Calls may come from any thread.
struct other_protocols {
  other_protocols() {}

  websocket::upgrade_policy upgrades;
  listen_any_options::tls_function tls;  ///< may be empty
  /// Takes over a connection of HTTP, of which `first` has been read.
  std::function<void(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first)> http;
};

/// A stream that becomes what its first bytes say, with the first reads: a stream of records, a WebSocket, or
/// one of them inside of TLS. So whoever accepts has one deadline and one count for all of a connection's
/// beginnings. One that is HTTP leaves through `others`: reading then says errc::cancelled, as it does where
/// something else closed the carrier on this side. One that is nothing at all says eof.
std::unique_ptr<duplex_carrier> detecting(std::unique_ptr<duplex_carrier> stream,
                                          std::shared_ptr<const other_protocols> others);

}  // namespace coseal
