#include "carrier/address.hpp"
#include "carrier/stream_carrier.hpp"

#include <coseal/error.hpp>
#include <coseal/transport.hpp>

#include <asio/basic_socket_acceptor.hpp>
#include <asio/local/stream_protocol.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

namespace coseal {
namespace {

using unix_protocol = asio::local::stream_protocol;
using unix_carrier = stream_carrier<unix_protocol>;
using unix_acceptor = asio::basic_socket_acceptor<unix_protocol, asio::any_io_executor>;

std::error_code apply(unix_carrier::socket_type& socket, const socket_options& options) {
  std::error_code error;
  if (options.send_buffer)
    socket.set_option(asio::socket_base::send_buffer_size(*options.send_buffer), error);
  if (!error && options.receive_buffer)
    socket.set_option(asio::socket_base::receive_buffer_size(*options.receive_buffer), error);
  return error;
}

result<std::unique_ptr<duplex_carrier>> adopt(unix_carrier::socket_type socket, const std::string& path,
                                              const socket_options& options) {
  if (const auto error = apply(socket, options)) return error;
  std::unique_ptr<duplex_carrier> carrier =
      std::make_unique<unix_carrier>(std::move(socket), "unix", "unix:" + path, std::string());
  return carrier;
}

/// Connects at once or not at all; would_block when the listener's queue is full.
std::error_code try_connect(unix_carrier::socket_type& socket, const std::string& path) {
  std::error_code error;
  socket.open(unix_protocol(), error);
  if (!error) socket.native_non_blocking(true, error);
  if (error) return error;
  const unix_protocol::endpoint where(path);
  if (::connect(socket.native_handle(), where.data(), static_cast<socklen_t>(where.size())) == 0) return {};
  if (errno == EAGAIN) return asio::error::would_block;
  return {errno, asio::error::get_system_category()};
}

task<result<std::unique_ptr<duplex_carrier>>> open_unix(std::string path, socket_options options,
                                                        asio::any_io_executor executor,
                                                        operation_options limits) {
  using namespace std::chrono_literals;
  const auto start = std::chrono::steady_clock::now();
  // Linux wakes nobody when a full queue has room again: ask, ever less often.
  for (auto pause = 1ms;; pause = std::min(pause * 2, 50ms)) {
    if (limits.token().stop_requested()) co_return errc::cancelled;
    unix_carrier::socket_type socket(executor);
    const auto error = try_connect(socket, path);
    if (!error) co_return adopt(std::move(socket), path, options);
    if (error != asio::error::would_block) co_return error;
    if (limits.duration() && std::chrono::steady_clock::now() - start + pause > *limits.duration())
      co_return errc::timed_out;
    asio::steady_timer timer(executor, pause);
    std::error_code interrupted;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, interrupted));
    if (interrupted) co_return errc::cancelled;
  }
}

bool is_live(const std::string& path, const asio::any_io_executor& executor) {
  unix_carrier::socket_type probe(executor);
  const auto error = try_connect(probe, path);
  return error.value() != ECONNREFUSED && error.value() != ENOENT;
}

class unix_listening final : public acceptor {
 public:
  unix_listening(unix_acceptor bound, std::string path, socket_options options)
      : acceptor_(std::move(bound)), path_(std::move(path)), options_(std::move(options)) {
    struct stat file {};
    if (::lstat(path_.c_str(), &file) == 0) inode_ = file.st_ino;
  }
  ~unix_listening() override { close(); }

  task<result<std::unique_ptr<duplex_carrier>>> accept() override {
    std::error_code error;
    unix_carrier::socket_type socket(acceptor_.get_executor());
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (accept_was_ended(error)) co_return errc::cancelled;  // perhaps with this object
    if (error) co_return error;
    co_return adopt(std::move(socket), path_, options_);
  }
  std::string address() const override { return "unix:" + path_; }
  void close() noexcept override {
    // Only our own file: somebody may have put another one there. While we listen its number is not given
    // anew. A child after fork() leaves its parent's door alone.
    struct stat file {};
    const bool ours = inode_ != 0 && ::getpid() == owner_;
    if (ours && ::lstat(path_.c_str(), &file) == 0 && file.st_ino == inode_) ::unlink(path_.c_str());
    inode_ = 0;
    std::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  unix_acceptor acceptor_;
  std::string path_;
  socket_options options_;
  ino_t inode_ = 0;
  pid_t owner_ = ::getpid();
};

result<std::unique_ptr<acceptor>> bind_unix(const std::string& path, const socket_options& options,
                                            const asio::any_io_executor& executor) {
  struct stat file {};
  if (::lstat(path.c_str(), &file) == 0) {
    if (!S_ISSOCK(file.st_mode)) return std::make_error_code(std::errc::file_exists);
    if (is_live(path, executor)) return std::error_code(asio::error::address_in_use);
    ::unlink(path.c_str());
  }
  std::error_code error;
  unix_acceptor bound(executor);
  bound.open(unix_protocol(), error);
  if (!error &&
      ::fchmod(bound.native_handle(), S_IRUSR | S_IWUSR) != 0)  // Linux takes the file's mode from here
    error.assign(errno, std::system_category());
  if (!error) bound.bind(unix_protocol::endpoint(path), error);
  if (!error) bound.listen(asio::socket_base::max_listen_connections, error);
  if (error) return error;
  std::unique_ptr<acceptor> made = std::make_unique<unix_listening>(std::move(bound), path, options);
  return made;
}

void check_path(const std::string& path) {
  if (!is_socket_path(path)) throw error(errc::invalid_address, "'" + path + "' is not a socket path");
}

}  // namespace

transport unix_socket(std::string path, socket_options options) {
  check_path(path);
  return transport("unix:" + path, [path, options = std::move(options)](asio::any_io_executor executor,
                                                                        operation_options limits) {
    return open_unix(path, options, std::move(executor), std::move(limits));
  });
}

listen_address listen_unix(std::string path, socket_options options) {
  check_path(path);
  return listen_address("unix:" + path, [path, options = std::move(options)](asio::any_io_executor executor) {
    return bind_unix(path, options, executor);
  });
}

}  // namespace coseal
