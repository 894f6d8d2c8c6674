#include "carrier/address.hpp"
#include "carrier/connect_race.hpp"
#include "carrier/stream_carrier.hpp"

#include <coseal/error.hpp>
#include <coseal/transport.hpp>

#include <asio/ip/tcp.hpp>

#include <netinet/tcp.h>
#include <unistd.h>

namespace coseal {
namespace {

using tcp_protocol = asio::ip::tcp;
using tcp_socket = stream_carrier<tcp_protocol>::socket_type;
using tcp_acceptor = asio::basic_socket_acceptor<tcp_protocol, asio::any_io_executor>;

template <typename Socket>
std::error_code apply(Socket& socket, const socket_options& options) {
  std::error_code error;
  if (options.no_delay) socket.set_option(tcp_protocol::no_delay(true), error);
  if (!error && options.send_buffer)
    socket.set_option(asio::socket_base::send_buffer_size(*options.send_buffer), error);
  if (!error && options.receive_buffer)
    socket.set_option(asio::socket_base::receive_buffer_size(*options.receive_buffer), error);
  if (!error && !options.congestion_control.empty() &&
      ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_CONGESTION, options.congestion_control.data(),
                   static_cast<socklen_t>(options.congestion_control.size())) != 0)
    error.assign(errno, std::system_category());
  return error;
}

result<std::unique_ptr<duplex_carrier>> adopt(tcp_socket socket, const socket_options& options) {
  if (const auto error = apply(socket, options)) return error;
  std::error_code error;
  const auto peer = socket.remote_endpoint(error);
  if (error) return error;
  auto text = to_text(peer.address(), peer.port());
  auto source = source_of(peer.address());
  std::unique_ptr<duplex_carrier> carrier = std::make_unique<stream_carrier<tcp_protocol>>(
      std::move(socket), "tcp", std::move(text), std::move(source));
  return carrier;
}

task<result<std::unique_ptr<duplex_carrier>>> open_tcp(host_and_port where, socket_options options,
                                                       asio::any_io_executor executor,
                                                       operation_options limits) {
  auto socket = co_await connect_race(executor, where, limits);
  if (!socket) co_return socket.error();
  co_return adopt(*std::move(socket), options);
}

class tcp_listening final : public acceptor {
 public:
  tcp_listening(tcp_acceptor bound, socket_options options)
      : acceptor_(std::move(bound)), options_(std::move(options)) {}

  task<result<std::unique_ptr<duplex_carrier>>> accept() override {
    std::error_code error;
    tcp_socket socket(acceptor_.get_executor());
    co_await acceptor_.async_accept(socket, asio::redirect_error(asio::use_awaitable, error));
    if (accept_was_ended(error)) co_return errc::cancelled;  // perhaps with this object
    if (error) co_return error;
    auto carrier = adopt(std::move(socket), options_);
    // A peer that has reset its connection by now has no address any more. That is its own end alone: any
    // other error would be taken for one of the listener, which waits a while before it goes on.
    if (!carrier) co_return asio::error::connection_aborted;
    co_return std::move(carrier);
  }
  std::string address() const override {
    std::error_code error;
    const auto local = acceptor_.local_endpoint(error);
    return error ? std::string() : "tcp://" + to_text(local.address(), local.port());
  }
  void close() noexcept override {
    std::error_code ignored;
    acceptor_.close(ignored);
  }

 private:
  tcp_acceptor acceptor_;
  socket_options options_;
};

result<std::unique_ptr<acceptor>> bind_tcp(const host_and_port& where, port_sharing sharing,
                                           const socket_options& options, asio::any_io_executor executor) {
  std::error_code error;
  asio::ip::basic_resolver<tcp_protocol, asio::any_io_executor> resolver(executor);
  const auto found =
      resolver.resolve(where.host, std::to_string(where.port), asio::ip::resolver_base::passive, error);
  if (error) return error;
  const tcp_protocol::endpoint local = *found.begin();
  tcp_acceptor bound(executor);
  bound.open(local.protocol(), error);
  if (!error) bound.set_option(asio::socket_base::reuse_address(true), error);
  const int on = 1;
  if (!error && sharing == port_sharing::reuse_port &&
      ::setsockopt(bound.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) != 0)
    error.assign(errno, std::system_category());
  if (!error) error = apply(bound, options);  // buffer sizes and congestion control pass to accepted sockets
  if (!error) bound.bind(local, error);
  if (!error) bound.listen(asio::socket_base::max_listen_connections, error);
  if (error) return error;
  std::unique_ptr<acceptor> made = std::make_unique<tcp_listening>(std::move(bound), options);
  return made;
}

}  // namespace

namespace {

/// What listener::address() gives is taken as it is.
std::string_view without_scheme(std::string_view text) {
  if (text.starts_with("tcp://")) text.remove_prefix(6);
  return text;
}

}  // namespace

transport tcp(std::string text, socket_options options) {
  const auto where = host_and_port::parse(without_scheme(text));
  if (!where) throw error(where.error(), "'" + text + "' is not host:port");
  return transport("tcp://" + std::string(without_scheme(text)),
                   [where = *where, options = std::move(options)](asio::any_io_executor executor,
                                                                  operation_options limits) {
                     return open_tcp(where, options, std::move(executor), std::move(limits));
                   });
}

listen_address listen_tcp(std::string text, port_sharing sharing, socket_options options) {
  const auto where = host_and_port::parse(without_scheme(text));
  if (!where) throw error(where.error(), "'" + text + "' is not host:port");
  return listen_address(
      "tcp://" + std::string(without_scheme(text)),
      [where = *where, sharing, options = std::move(options)](asio::any_io_executor executor) {
        return bind_tcp(where, sharing, options, std::move(executor));
      });
}

}  // namespace coseal
