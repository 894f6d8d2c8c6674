#pragma once

#include <coseal/asio.hpp>
#include <coseal/carrier.hpp>
#include <coseal/error.hpp>
#include <coseal/http.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/result.hpp>
#include <coseal/tls_options.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coseal {

/// Socket options for people who measure; the defaults are right.
struct socket_options {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  socket_options() {}

  bool no_delay = true;               ///< TCP_NODELAY: coseal batches by itself
  std::string congestion_control;     ///< TCP_CONGESTION, e.g. "cubic"; empty: the system's
  std::optional<int> send_buffer;     ///< SO_SNDBUF, bytes
  std::optional<int> receive_buffer;  ///< SO_RCVBUF, bytes
};

class http_target;

/// A way to reach an acceptor: made by tcp(), unix_socket() or from a function of your own; by
/// http_exchange() one for calls alone. Copies are cheap.
class transport {
 public:
  using open_function =
      std::function<task<result<std::unique_ptr<duplex_carrier>>>(asio::any_io_executor, operation_options)>;
  transport(std::string name, open_function open) : name_(std::move(name)), open_(std::move(open)) {}
  /// Where calls are posted. There is nothing to open: errc::needs_duplex.
  transport(std::string name, std::shared_ptr<const http_target> calls)
      : name_(std::move(name)), open_(no_duplex), calls_(std::move(calls)) {}

  const std::string& name() const noexcept { return name_; }
  task<result<std::unique_ptr<duplex_carrier>>> open(asio::any_io_executor executor,
                                                     operation_options options) const {
    return open_(std::move(executor), std::move(options));
  }
  /// Where calls are posted, if this is a way for calls alone; else null.
  const http_target* calls() const noexcept { return calls_.get(); }

 private:
  static task<result<std::unique_ptr<duplex_carrier>>> no_duplex(asio::any_io_executor, operation_options) {
    co_return errc::needs_duplex;
  }

  std::string name_;
  open_function open_;
  std::shared_ptr<const http_target> calls_;
};

/// "host:port", "[::1]:port"; names are resolved, IPv6 and IPv4 raced 250 ms apart (RFC 8305).
/// Throws coseal::error (errc::invalid_address).
transport tcp(std::string host_and_port, socket_options options = {});
transport unix_socket(std::string path, socket_options options = {});
/// "tcp://host:port" (or the bare "host:port"), "unix:path", "ws://host[:port][/path]", and with TLS
/// "tls://host:port" or "wss://host[:port][/path]", to which `tls` belongs; for calls alone
/// "http://host[:port][/path]" or "https://...". errc::invalid_address, also for a scheme that this build
/// does not have; errc::certificate_unusable, errc::invalid_option.
result<transport> transport_from(std::string_view address, socket_options options = {}, tls_options tls = {});

/// A place that accepts carriers.
class acceptor {
 public:
  virtual ~acceptor() = default;
  /// The next connection; errc::cancelled after close().
  virtual task<result<std::unique_ptr<duplex_carrier>>> accept() = 0;
  /// The address with the port that the system chose, in the form that transport_from takes.
  virtual std::string address() const = 0;
  virtual void close() noexcept = 0;
};

/// Where to listen. Copies are cheap; nothing is bound until a listener opens it.
class listen_address {
 public:
  using open_function = std::function<result<std::unique_ptr<acceptor>>(asio::any_io_executor)>;
  using answering_function = std::function<listen_address(http_handler)>;
  /// `answering` makes the same place with somebody who answers the HTTP that comes there.
  listen_address(std::string name, open_function open, answering_function answering = {})
      : name_(std::move(name)), open_(std::move(open)), answering_(std::move(answering)) {}
  const std::string& name() const noexcept { return name_; }
  result<std::unique_ptr<acceptor>> open(asio::any_io_executor executor) const {
    return open_(std::move(executor));
  }
  /// The same place, where `by` answers requests of HTTP; itself where none come, or somebody answers them
  /// already. What `by` gets has passed the place's lists of hosts and origins.
  listen_address answered_by(http_handler by) const { return answering_ ? answering_(std::move(by)) : *this; }

 private:
  std::string name_;
  open_function open_;
  answering_function answering_;
};

/// How a TCP listener shares its port.
enum class port_sharing {
  exclusive,
  reuse_port,  ///< SO_REUSEPORT: one listener per core or process on one port
};

/// "host:port", port 0 for one that the system chooses. Throws coseal::error (errc::invalid_address).
listen_address listen_tcp(std::string host_and_port, port_sharing sharing = port_sharing::exclusive,
                          socket_options options = {});
/// A stale socket file is replaced, a live one is an error; mode 0600 unless the directory says more.
listen_address listen_unix(std::string path, socket_options options = {});
/// "tcp://host:port", "unix:path", "ws://host:port", "http://host:port", or "any://host:port" for all of
/// them, see listen_any; tls://, wss:// and https:// need the files that `tls` names.
result<listen_address> listen_address_from(std::string_view address, socket_options options = {},
                                           tls_server_options tls = {});

}  // namespace coseal
