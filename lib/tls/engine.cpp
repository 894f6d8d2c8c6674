#include "tls/engine.hpp"

#include "tls/certificate_names.hpp"
#include "tls/error.hpp"
#include "tls/wolfssl.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>
#include <asio/ip/address.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <new>

namespace coseal::tls {
namespace {

constexpr std::size_t largest_record = 16 * 1024;
/// A peer that demands answers (key updates) and does not read them must not fill our memory.
constexpr std::size_t most_unsent = 4 * engine::largest_write;

void must_set(int status) {
  if (status != WOLFSSL_SUCCESS) throw std::bad_alloc();
}

}  // namespace

engine::engine(std::shared_ptr<const context> shared, bool client)
    : shared_(std::move(shared)), connection_(wolfSSL_new(shared_->get())), client_(client) {
  if (connection_ == nullptr) throw std::bad_alloc();
  wolfSSL_SSLSetIORecv(connection_, receive_callback);
  wolfSSL_SSLSetIOSend(connection_, send_callback);
  wolfSSL_SetIOReadCtx(connection_, this);
  wolfSSL_SetIOWriteCtx(connection_, this);
  std::string alpn = shared_->alpn();
  if (!alpn.empty())
    must_set(wolfSSL_UseALPN(connection_, alpn.data(), static_cast<unsigned>(alpn.size()),
                             WOLFSSL_ALPN_FAILED_ON_MISMATCH));
}

engine::~engine() {
  wolfSSL_free(connection_);
}

std::unique_ptr<engine> engine::for_client(std::shared_ptr<const context> shared,
                                           const std::string& server_name, certificate_check check) {
  std::unique_ptr<engine> made(new engine(std::move(shared), true));
  std::error_code no_address;
  asio::ip::make_address(server_name, no_address);
  if (no_address && !server_name.empty())  // RFC 6066 3: names alone
    must_set(wolfSSL_UseSNI(made->connection_, WOLFSSL_SNI_HOST_NAME, server_name.data(),
                            static_cast<unsigned short>(server_name.size())));
  if (check == certificate_check::required) {
    made->host_ = server_name;
    wolfSSL_set_verify(made->connection_, WOLFSSL_VERIFY_PEER, verify_callback);
    wolfSSL_SetCertCbCtx(made->connection_, made.get());
  }
  return made;
}

std::unique_ptr<engine> engine::for_server(std::shared_ptr<const context> shared) {
  return std::unique_ptr<engine>(new engine(std::move(shared), false));
}

std::span<std::byte> engine::room() {
  if (!in_) in_ = slab::acquire(largest_write);
  return in_->bytes();
}

void engine::received(std::size_t n) noexcept {
  in_begin_ = 0;
  in_end_ = n;
  if (n == 0) in_ = {};
}

void engine::sent(std::size_t n) noexcept {
  out_begin_ += n;
  if (out_begin_ != out_.size()) return;
  out_ = {};
  out_begin_ = 0;
}

std::string engine::protocol() const {
  char* name = nullptr;
  unsigned short size = 0;
  if (wolfSSL_ALPN_GetProtocol(connection_, &name, &size) != WOLFSSL_SUCCESS) return {};
  return {name, size};
}

std::size_t engine::read(std::span<std::byte> into, std::error_code& error) {
  error.clear();
  if (failed_) return error = failed_, 0;
  if (heard_close_) return error = asio::error::eof, 0;
  if (!established_ && !handshake(error)) return 0;
  std::size_t n = 0;
  while (n < into.size()) {
    const std::size_t most = std::min(into.size() - n, std::size_t{1} << 20);
    const int got = wolfSSL_read(connection_, into.data() + n, static_cast<int>(most));
    if (got <= 0) {
      error = outcome(got);
      break;
    }
    n += static_cast<std::size_t>(got);
  }
  if (n == into.size()) thirsty_ = false;
  if (n != 0) error.clear();  // it comes again with the next read
  return n;
}

bool engine::handshake(std::error_code& error) {
  const int status = client_ ? wolfSSL_connect(connection_) : wolfSSL_accept(connection_);
  if (status != WOLFSSL_SUCCESS) return error = outcome(status), false;
  // wolfSSL asks us about certificates that it trusts only if it was built to.
  if (!host_.empty() && !host_checked_) return error = fail(errc::certificate_wrong_host), false;
  return established_ = true;
}

std::size_t engine::write(std::span<const asio::const_buffer> from, std::error_code& error) {
  error.clear();
  if (failed_) return error = failed_, 0;
  if (said_close_) return error = asio::error::broken_pipe, 0;
  std::array<std::byte, largest_record> joined;  // NOLINT: filled as far as it is used
  std::size_t held = 0, n = 0;
  for (const auto& each : from) {
    const auto* bytes = static_cast<const std::byte*>(each.data());
    std::size_t left = std::min(each.size(), largest_write - n - held);
    // Small pieces go together: each record costs 22 bytes and a pass of the cipher's set-up.
    while (left != 0 && (held != 0 || left < largest_record)) {
      const std::size_t part = std::min(left, largest_record - held);
      std::memcpy(joined.data() + held, bytes, part);
      held += part;
      bytes += part;
      left -= part;
      if (held < largest_record) break;
      n += seal(joined.data(), std::exchange(held, 0), error);
      if (error) return 0;
    }
    if (left != 0) n += seal(bytes, left, error);
    if (error) return 0;
    if (n + held == largest_write) break;
  }
  if (held != 0) n += seal(joined.data(), held, error);
  return error ? 0 : n;
}

std::size_t engine::seal(const std::byte* from, std::size_t size, std::error_code& error) {
  const int done = wolfSSL_write(connection_, from, static_cast<int>(size));
  if (done == static_cast<int>(size)) return size;  // put() takes all, or fails for good
  error = outcome(done);
  if (error == asio::error::would_block) error = fail(error_of(WANT_WRITE));
  return 0;
}

void engine::close_notify() {
  if (std::exchange(said_close_, true) || !established_ || failed_) return;
  wolfSSL_shutdown(connection_);
  wolfSSL_ERR_clear_error();
}

std::error_code engine::outcome(int returned) {
  const int code = wolfSSL_get_error(connection_, returned);
  wolfSSL_ERR_clear_error();  // else it grows, a list for each thread
  thirsty_ = code == WOLFSSL_ERROR_WANT_READ;
  if (thirsty_) {
    if (in_begin_ == in_end_) in_ = {};
    return asio::error::would_block;
  }
  if (code == WOLFSSL_ERROR_ZERO_RETURN) {
    heard_close_ = true;
    return asio::error::eof;
  }
  if (ended_ && in_begin_ == in_end_) {
    if (established_) return fail(errc::truncated);
    return fail(asio::error::eof);
  }
  if (wrong_host_) return fail(errc::certificate_wrong_host);
  WOLFSSL_ALERT_HISTORY alerts;
  if (code == FATAL_ERROR && wolfSSL_get_alert_history(connection_, &alerts) == WOLFSSL_SUCCESS)
    return fail(error_of_alert(alerts.last_rx.code));
  return fail(error_of(code));
}

std::error_code engine::fail(std::error_code why) noexcept {
  return failed_ = why;
}

int engine::receive_callback(WOLFSSL*, char* into, int size, void* self) {
  auto& engine_of = *static_cast<engine*>(self);
  return engine_of.take(reinterpret_cast<std::byte*>(into), static_cast<std::size_t>(size));
}

int engine::send_callback(WOLFSSL*, char* from, int size, void* self) {
  auto& engine_of = *static_cast<engine*>(self);
  const bool taken = engine_of.put(reinterpret_cast<const std::byte*>(from), static_cast<std::size_t>(size));
  return taken ? size : static_cast<int>(WOLFSSL_CBIO_ERR_GENERAL);
}

/// Asked of each certificate of the chain, after wolfSSL's own checks. The host is checked here because those
/// compare addresses as text, take "*" anywhere in a name and fall back to the subject.
int engine::verify_callback(int trusted, WOLFSSL_X509_STORE_CTX* certificate) {
  if (trusted == 0 || certificate->error_depth != 0) return trusted;
  auto& engine_of = *static_cast<engine*>(certificate->userCtx);
  WOLFSSL_X509* const leaf = certificate->current_cert;
  engine_of.wrong_host_ = leaf == nullptr || !certificate_names::of(leaf).include(engine_of.host_);
  engine_of.host_checked_ = true;
  return engine_of.wrong_host_ ? 0 : 1;
}

int engine::take(std::byte* into, std::size_t size) noexcept {
  const std::size_t n = std::min(size, in_end_ - in_begin_);
  if (n == 0) return ended_ ? WOLFSSL_CBIO_ERR_CONN_CLOSE : WOLFSSL_CBIO_ERR_WANT_READ;
  std::memcpy(into, in_->data() + in_begin_, n);
  in_begin_ += n;
  return static_cast<int>(n);
}

bool engine::put(const std::byte* from, std::size_t size) noexcept try {
  if (out_.size() - out_begin_ + size > most_unsent) return false;
  out_.insert(out_.end(), from, from + size);
  return true;
} catch (const std::bad_alloc&) {
  return false;
}

}  // namespace coseal::tls
