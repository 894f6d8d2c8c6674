#pragma once

#include "websocket/frame_decoder.hpp"
#include "websocket/outgoing.hpp"
#include "websocket/upgrade.hpp"

#include <coseal/carrier.hpp>

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace coseal::websocket {

/// A WebSocket over any stream as a carrier of coseal: each write is one binary message, what binary messages
/// hold is read, pings are answered, a violation is closed with its code. The server's end does the upgrade
/// by itself with the first bytes that come, so that whoever accepts has one deadline and one count for all
/// of a connection's beginnings.
class websocket_carrier final : public duplex_carrier {
 public:
  /// A connector's end, after the upgrade; `early` came with its answer.
  static std::unique_ptr<websocket_carrier> connected(std::unique_ptr<duplex_carrier> stream,
                                                      std::vector<std::byte> early);
  /// An acceptor's end; nothing has been read of `stream` but `early`.
  static std::unique_ptr<websocket_carrier> accepting(std::unique_ptr<duplex_carrier> stream,
                                                      upgrade_policy policy,
                                                      std::vector<std::byte> early = {});
  ~websocket_carrier() override;

  asio::any_io_executor executor() const noexcept override;
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override;
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override;
  void wait_readable(std::shared_ptr<carrier_observer> observer) override;
  bool rest() noexcept override;
  void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) override;
  void wait_writable(std::shared_ptr<carrier_observer> observer) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string kind() const override;
  std::string peer_address() const override;
  std::string source() const override;

 private:
  class core;
  explicit websocket_carrier(std::shared_ptr<core> behind) noexcept;

  std::shared_ptr<core> core_;
};

}  // namespace coseal::websocket
