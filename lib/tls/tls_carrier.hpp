#pragma once

#include "tls/engine.hpp"

#include <coseal/carrier.hpp>

#include <memory>
#include <string>

namespace coseal::tls {

/// TLS over any stream as a carrier. The handshake goes on with reads, so that an acceptor has one deadline
/// and one count for all of a connection's beginnings; until it is over, writes wait. Reading nothing (an
/// empty span) only does the handshake. One mutex guards the connection, since wolfSSL has one state for both
/// directions: sealing and opening take turns.
class tls_carrier final : public duplex_carrier {
 public:
  tls_carrier(std::unique_ptr<duplex_carrier> stream, std::unique_ptr<engine> with);
  ~tls_carrier() override;

  asio::any_io_executor executor() const noexcept override;
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override;
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override;
  void wait_readable(std::shared_ptr<carrier_observer> observer) override;
  void wait_writable(std::shared_ptr<carrier_observer> observer) override;
  void shutdown_send() noexcept override;
  void close() noexcept override;
  std::string kind() const override;
  std::string peer_address() const override;
  std::string source() const override;

  /// What both ends agreed on by ALPN; empty if nothing.
  std::string protocol() const;

 private:
  class core;

  std::shared_ptr<core> core_;
};

}  // namespace coseal::tls
