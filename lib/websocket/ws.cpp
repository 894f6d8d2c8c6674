#include "websocket/connect_upgrade.hpp"
#include "websocket/url.hpp"
#include "websocket/websocket_carrier.hpp"

#include <coseal/error.hpp>
#include <coseal/websocket.hpp>

#include <utility>

namespace coseal {
namespace {

using carrier_result = result<std::unique_ptr<duplex_carrier>>;

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
    if (const auto at = address.find("://"); at != std::string::npos) address.replace(0, at, "ws");
    return address;
  }
  void close() noexcept override { streams_->close(); }

 private:
  std::unique_ptr<acceptor> streams_;
  websocket::upgrade_policy policy_;
};

}  // namespace

transport ws(std::string text, websocket_options options) {
  auto where = websocket::url::parse(text);
  if (!where) throw error(where.error(), "'" + text + "' is not ws://host[:port][/path]");
  const bool v6 = where->where.host.find(':') != std::string::npos;
  transport stream =
      tcp((v6 ? "[" + where->where.host + "]" : where->where.host) + ":" + std::to_string(where->where.port),
          std::move(options.socket));
  return transport(std::move(text), [stream = std::move(stream), where = *std::move(where),
                                     origin = std::move(options.origin)](asio::any_io_executor executor,
                                                                         operation_options limits) {
    return open_ws(stream, where, origin, std::move(executor), std::move(limits));
  });
}

listen_address listen_ws(std::string text, listen_websocket_options options) {
  std::string_view address = text;
  if (address.starts_with("ws://")) address.remove_prefix(5);
  listen_address streams = listen_tcp(std::string(address), options.sharing, std::move(options.socket));
  websocket::upgrade_policy policy;
  policy.origins = std::move(options.origins);
  return listen_address("ws://" + std::string(address),
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
