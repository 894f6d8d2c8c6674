#pragma once

#include "bytes/slab.hpp"
#include "tls/context.hpp"

#include <asio/buffer.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <vector>

struct WOLFSSL;
struct WOLFSSL_X509_STORE_CTX;

namespace coseal::tls {

/// TLS of one connection without its I/O: what comes from the peer is put in, what is for the peer is taken
/// out, nothing ever blocks. For one thread at a time.
class engine {
 public:
  /// The connector's end. `server_name` is sent and must be the certificate's, unless `check` is none.
  static std::unique_ptr<engine> for_client(std::shared_ptr<const context> shared,
                                            const std::string& server_name, certificate_check check);
  static std::unique_ptr<engine> for_server(std::shared_ptr<const context> shared);
  engine(const engine&) = delete;
  ~engine();

  /// Where the next bytes from the peer go; valid until received().
  std::span<std::byte> room();
  void received(std::size_t n) noexcept;
  /// The stream beneath has ended.
  void ended() noexcept { ended_ = true; }

  /// What the peer must be sent; sent() takes it off.
  std::span<const std::byte> outgoing() const noexcept { return std::span(out_).subspan(out_begin_); }
  void sent(std::size_t n) noexcept;

  /// The handshake is over and the certificate was good.
  bool established() const noexcept { return established_; }
  /// The error that TLS ended with, if it did.
  std::error_code failure() const noexcept { return failed_; }
  /// The last read wants bytes from the peer.
  bool thirsty() const noexcept { return thirsty_; }
  /// What both ends agreed on by ALPN; empty if nothing.
  std::string protocol() const;

  /// Goes on with the handshake, then reads what there is, up to the size of `into` (of 0: only the
  /// handshake). 0 with would_block: put more in; asio::error::eof: the peer's close_notify;
  /// errc::truncated: the stream ended without it; other failures of error.hpp.
  std::size_t read(std::span<std::byte> into, std::error_code& error);
  /// Seals up to `largest_write` bytes into outgoing(). After established().
  std::size_t write(std::span<const asio::const_buffer> from, std::error_code& error);
  /// Says the end of our direction; reading goes on.
  void close_notify();

  static constexpr std::size_t largest_write = 64 * 1024;

 private:
  engine(std::shared_ptr<const context> shared, bool client);

  static int receive_callback(WOLFSSL* connection, char* into, int size, void* self);
  static int send_callback(WOLFSSL* connection, char* from, int size, void* self);
  static int verify_callback(int trusted, WOLFSSL_X509_STORE_CTX* certificate);
  int take(std::byte* into, std::size_t size) noexcept;
  bool put(const std::byte* from, std::size_t size) noexcept;

  bool handshake(std::error_code& error);
  std::error_code outcome(int returned);
  std::error_code fail(std::error_code why) noexcept;
  std::size_t seal(const std::byte* from, std::size_t size, std::error_code& error);

  const std::shared_ptr<const context> shared_;
  WOLFSSL* connection_;
  const bool client_;
  bool established_ = false;
  bool ended_ = false;
  bool thirsty_ = false;
  bool said_close_ = false;
  bool heard_close_ = false;
  bool wrong_host_ = false;
  bool host_checked_ = false;
  std::string host_;  // whom the certificate must name
  std::error_code failed_;

  slab_ref in_;  // held while it holds something
  std::size_t in_begin_ = 0, in_end_ = 0;
  std::vector<std::byte> out_;
  std::size_t out_begin_ = 0;
};

}  // namespace coseal::tls
