#include "http/public_handler.hpp"
#include "http/server.hpp"

#include <coseal/error.hpp>
#include <coseal/http_listener.hpp>

#include <utility>

namespace coseal {
namespace {

std::unique_ptr<acceptor> bound_to(const asio::any_io_executor& executor, const listen_address& where) {
  auto bound = where.open(executor);
  if (!bound) throw error(bound.error(), "cannot listen on " + where.name());
  return *std::move(bound);
}

http::server_options options_for(std::vector<std::string> hosts) {
  http::server_options options;
  options.hosts = std::move(hosts);
  return options;
}

}  // namespace

class http_listener::state {
 public:
  state(asio::any_io_executor executor, http_handler answers, const listen_address& where,
        std::vector<std::string> hosts)
      : server_(std::make_shared<http::server>(executor, bound_to(executor, where),
                                               http::by(std::move(answers), {}),
                                               options_for(std::move(hosts)))) {}
  state(const state&) = delete;
  state& operator=(const state&) = delete;
  ~state() { server_->drain(); }

  const std::shared_ptr<http::server>& server() const noexcept { return server_; }

 private:
  std::shared_ptr<http::server> server_;
};

http_listener::http_listener(asio::any_io_executor executor, http_handler answers, listen_address where,
                             std::vector<std::string> hosts)
    : state_(std::make_shared<state>(std::move(executor), std::move(answers), where, std::move(hosts))) {}

task<void> http_listener::serve() {
  const auto server = state_->server();
  co_await server->serve();
}

void http_listener::drain() noexcept {
  state_->server()->drain();
}

std::string http_listener::address() const {
  return state_->server()->address();
}

}  // namespace coseal
