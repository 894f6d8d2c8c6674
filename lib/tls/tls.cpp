#include "carrier/address.hpp"
#include "carrier/carrier_io.hpp"
#include "tls/context.hpp"
#include "tls/engine.hpp"
#include "tls/tls_carrier.hpp"

#include <coseal/error.hpp>
#include <coseal/tls.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

using carrier_result = result<std::unique_ptr<duplex_carrier>>;

constexpr std::string_view tls_scheme = "tls://";

std::string_view without_tls_scheme(std::string_view text) {
  if (text.starts_with(tls_scheme)) text.remove_prefix(tls_scheme.size());
  return text;
}

std::string with_tls_scheme(std::string_view name) {
  if (const auto at = name.find("://"); at != std::string_view::npos) name.remove_prefix(at + 3);
  return std::string(tls_scheme) + std::string(name);
}

void check_alpn(const std::vector<std::string>& names) {
  if (!tls::is_protocol_list(names))
    throw error(errc::invalid_option, "alpn: a name has 1 to 255 bytes and no comma");
}

/// Takes what `from` has for its peer to `to`.
void carry(tls::engine& from, tls::engine& to) {
  const auto bytes = from.outgoing();
  const auto room = to.room();
  const std::size_t n = std::min(bytes.size(), room.size());
  std::copy_n(bytes.begin(), n, room.begin());
  from.sent(n);
  to.received(n);
}

/// A handshake with ourselves: wolfSSL does not compare a key of elliptic curves with its certificate.
result<void> try_out(const std::shared_ptr<const tls::context>& serving) {
  tls_options trusting;
  trusting.check = certificate_check::none;
  auto shared = tls::context::for_client(trusting);
  if (!shared) return shared.error();
  const auto client = tls::engine::for_client(*std::move(shared), {}, certificate_check::none);
  const auto server = tls::engine::for_server(serving);
  for (int flights = 0; flights < 4; ++flights) {
    std::error_code error;
    client->read({}, error);
    carry(*client, *server);
    server->read({}, error);
    carry(*server, *client);
    if (server->established() && client->established()) return {};
  }
  return errc::certificate_unusable;
}

/// Everything a connection of one transport needs.
struct client_setup {
  std::shared_ptr<const tls::context> shared;
  std::string server_name;
  certificate_check check = certificate_check::required;
};

task<carrier_result> open_tls(transport beneath, client_setup setup, asio::any_io_executor executor,
                              operation_options limits) {
  const auto time = steady_clock();
  const auto deadline = limits.duration() ? time->now() + *limits.duration() : clock::time_point::max();
  const auto token = limits.token();
  auto opened = co_await beneath.open(std::move(executor), std::move(limits));
  if (!opened) co_return opened.error();
  auto with = tls::engine::for_client(std::move(setup.shared), setup.server_name, setup.check);
  std::unique_ptr<duplex_carrier> carrier =
      std::make_unique<tls::tls_carrier>(*std::move(opened), std::move(with));
  carrier_io io(*carrier, *time, token);
  const std::span<std::byte> nothing;  // the handshake alone
  const auto shaken = co_await io.read_some(nothing, deadline);
  if (!shaken) {
    carrier->close();
    co_return shaken.error();
  }
  co_return std::move(carrier);
}

/// What all connections to a server share, tried out.
result<std::shared_ptr<const tls::context>> serving_context(const tls_server_options& options) {
  auto shared = tls::context::for_server(options);
  if (!shared) return shared.error();
  if (const auto works = try_out(*shared); !works) return works.error();
  return shared;
}

std::unique_ptr<duplex_carrier> serve_on(std::unique_ptr<duplex_carrier> stream,
                                         std::shared_ptr<const tls::context> shared) {
  return std::make_unique<tls::tls_carrier>(std::move(stream), tls::engine::for_server(std::move(shared)));
}

class tls_listening final : public acceptor {
 public:
  tls_listening(std::unique_ptr<acceptor> streams, std::shared_ptr<const tls::context> shared)
      : streams_(std::move(streams)), shared_(std::move(shared)) {}

  task<carrier_result> accept() override {
    const auto shared = shared_;  // this object may go while it waits
    auto stream = co_await streams_->accept();
    if (!stream) co_return stream.error();
    co_return serve_on(*std::move(stream), shared);
  }
  std::string address() const override { return with_tls_scheme(streams_->address()); }
  void close() noexcept override { streams_->close(); }

 private:
  std::unique_ptr<acceptor> streams_;
  std::shared_ptr<const tls::context> shared_;
};

}  // namespace

transport tls_stream(std::string text, tls_options options, socket_options socket) {
  const std::string address(without_tls_scheme(text));
  const auto where = host_and_port::parse(address);
  if (!where) throw error(where.error(), "'" + text + "' is not host:port");
  if (options.server_name.empty()) options.server_name = where->host;
  return tls_stream(tcp(address, std::move(socket)), std::move(options));
}

transport tls_stream(transport beneath, tls_options options) {
  check_alpn(options.alpn);
  if (options.server_name.empty() && options.check == certificate_check::required)
    throw error(errc::invalid_option, "server_name: whose certificate is it to be?");
  auto shared = tls::context::for_client(options);
  if (!shared)
    throw error(shared.error(), options.ca_file.empty() ? "the system's authorities" : options.ca_file);
  client_setup setup{*std::move(shared), std::move(options.server_name), options.check};
  std::string name = with_tls_scheme(beneath.name());
  return transport(std::move(name), [beneath = std::move(beneath), setup = std::move(setup)](
                                        asio::any_io_executor executor, operation_options limits) {
    return open_tls(beneath, setup, std::move(executor), std::move(limits));
  });
}

listen_address listen_tls(std::string text, tls_server_options options, port_sharing sharing,
                          socket_options socket) {
  const std::string address(without_tls_scheme(text));
  return listen_tls(listen_tcp(address, sharing, std::move(socket)), std::move(options));
}

listen_address listen_tls(listen_address beneath, tls_server_options options) {
  check_alpn(options.alpn);
  std::string name = with_tls_scheme(beneath.name());
  return listen_address(std::move(name),
                        [beneath = std::move(beneath), options = std::move(options)](
                            asio::any_io_executor executor) -> result<std::unique_ptr<acceptor>> {
                          auto shared = serving_context(options);
                          if (!shared) return shared.error();
                          auto streams = beneath.open(std::move(executor));
                          if (!streams) return streams.error();
                          std::unique_ptr<acceptor> made =
                              std::make_unique<tls_listening>(*std::move(streams), *std::move(shared));
                          return made;
                        });
}

std::function<std::unique_ptr<duplex_carrier>(std::unique_ptr<duplex_carrier>)> terminate_tls(
    tls_server_options options) {
  check_alpn(options.alpn);
  auto shared = serving_context(options);
  if (!shared) throw error(shared.error(), options.certificate_file);
  return [shared = *std::move(shared)](std::unique_ptr<duplex_carrier> stream) {
    return serve_on(std::move(stream), shared);
  };
}

}  // namespace coseal
