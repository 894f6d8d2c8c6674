#include "websocket/connect_upgrade.hpp"
#include "websocket/url.hpp"
#include "websocket/websocket_carrier.hpp"

#include <coseal/error.hpp>
#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif
#include <coseal/websocket.hpp>

#include <utility>

namespace coseal {
namespace {

using carrier_result = result<std::unique_ptr<duplex_carrier>>;

websocket::url parse(const std::string& text) {
  auto where = websocket::url::parse(text);
  if (!where) throw error(where.error(), "'" + text + "' is not ws://host[:port][/path]");
  return *std::move(where);
}

#if defined(COSEAL_HAVE_TLS)
/// RFC 7301: what a server that also speaks HTTP/2 must not choose.
const std::vector<std::string> upgradable{"http/1.1"};

transport over_tls(transport stream, const std::string& host, tls_options options) {
  if (options.server_name.empty()) options.server_name = host;
  if (options.alpn.empty()) options.alpn = upgradable;
  return tls_stream(std::move(stream), std::move(options));
}
listen_address over_tls(listen_address streams, tls_server_options options) {
  if (options.alpn.empty()) options.alpn = upgradable;
  return listen_tls(std::move(streams), std::move(options));
}
#else
[[noreturn]] transport over_tls(const transport&, const std::string&, const tls_options&) {
  throw error(errc::invalid_address, "wss:// needs a build with TLS");
}
[[noreturn]] listen_address over_tls(const listen_address&, const tls_server_options&) {
  throw error(errc::invalid_address, "wss:// needs a build with TLS");
}
#endif

task<carrier_result> open_ws(transport stream, websocket::url where, std::string origin,
                             asio::any_io_executor executor, operation_options limits) {
  const auto time = steady_clock();
  const auto deadline = limits.duration() ? time->now() + *limits.duration() : clock::time_point::max();
  const auto token = limits.token();
  auto opened = co_await stream.open(std::move(executor), std::move(limits));
  if (!opened) co_return opened.error();
  carrier_io io(**opened, *time, token);
  auto early = co_await websocket::connect_upgrade(io, std::move(where.host), std::move(where.target),
                                                   std::string(websocket::coseal_subprotocol),
                                                   std::move(origin), deadline);
  if (!early) {
    (*opened)->close();
    co_return early.error();
  }
  std::unique_ptr<duplex_carrier> carrier =
      websocket::websocket_carrier::connected(*std::move(opened), *std::move(early));
  co_return std::move(carrier);
}

class ws_listening final : public acceptor {
 public:
  ws_listening(std::unique_ptr<acceptor> streams, websocket::upgrade_policy policy)
      : streams_(std::move(streams)), policy_(std::move(policy)) {}

  task<carrier_result> accept() override {
    auto policy = policy_;  // this object may go while it waits
    auto stream = co_await streams_->accept();
    if (!stream) co_return stream.error();
    std::unique_ptr<duplex_carrier> carrier =
        websocket::websocket_carrier::accepting(*std::move(stream), std::move(policy));
    co_return std::move(carrier);
  }
  std::string address() const override {
    std::string address = streams_->address();
    const auto at = address.find("://");
    if (at == std::string::npos) return address;
    return (address.starts_with("tls://") ? "wss" : "ws") + address.substr(at);
  }
  void close() noexcept override { streams_->close(); }

 private:
  std::unique_ptr<acceptor> streams_;
  websocket::upgrade_policy policy_;
};

}  // namespace

transport ws(transport stream, std::string text, websocket_options options) {
  websocket::url where = parse(text);
  if (where.secure) stream = over_tls(std::move(stream), where.where.host, std::move(options.tls));
  return transport(std::move(text),
                   [stream = std::move(stream), where = std::move(where), origin = std::move(options.origin)](
                       asio::any_io_executor executor, operation_options limits) {
                     return open_ws(stream, where, origin, std::move(executor), std::move(limits));
                   });
}

transport ws(std::string text, websocket_options options) {
  transport stream = tcp(parse(text).address(), options.socket);
  return ws(std::move(stream), std::move(text), std::move(options));
}

listen_address listen_ws(std::string text, listen_websocket_options options) {
  std::string_view address = text;
  const bool secure = address.starts_with("wss://");
  if (secure || address.starts_with("ws://")) address.remove_prefix(address.find("://") + 3);
  listen_address streams = listen_tcp(std::string(address), options.sharing, std::move(options.socket));
  if (secure) streams = over_tls(std::move(streams), std::move(options.tls));
  websocket::upgrade_policy policy;
  policy.origins = std::move(options.origins);
  return listen_address((secure ? "wss://" : "ws://") + std::string(address),
                        [streams = std::move(streams), policy = std::move(policy)](
                            asio::any_io_executor executor) -> result<std::unique_ptr<acceptor>> {
                          auto bound = streams.open(std::move(executor));
                          if (!bound) return bound.error();
                          std::unique_ptr<acceptor> made =
                              std::make_unique<ws_listening>(*std::move(bound), policy);
                          return made;
                        });
}

}  // namespace coseal
