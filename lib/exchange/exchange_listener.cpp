#include "exchange/server_state.hpp"
#include "http/server.hpp"

#include <coseal/error.hpp>

#include <utility>

namespace coseal {

class exchange_listener::state {
 public:
  state(asio::any_io_executor executor, const std::shared_ptr<exchange_server::state>& answers,
        const listen_address& where) {
    auto bound = where.open(executor);
    if (!bound) throw error(bound.error(), "cannot listen on " + where.name());
    server_ = std::make_shared<http::server>(
        std::move(executor), *std::move(bound),
        [answers](http::request asked) { return answers->answer(std::move(asked)); }, answers->http_options(),
        answers->time());
  }
  ~state() { server_->drain(); }

  const std::shared_ptr<http::server>& server() const noexcept { return server_; }

 private:
  std::shared_ptr<http::server> server_;
};

exchange_listener::exchange_listener(asio::any_io_executor executor, exchange_server server,
                                     listen_address where)
    : state_(std::make_shared<state>(std::move(executor), server.shared_state(), where)) {}

task<void> exchange_listener::serve() {
  const auto server = state_->server();
  co_await server->serve();
}

void exchange_listener::drain() noexcept {
  state_->server()->drain();
}

std::string exchange_listener::address() const {
  return state_->server()->address();
}

}  // namespace coseal
