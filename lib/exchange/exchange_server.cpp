#include "exchange/exchange_watch.hpp"
#include "exchange/plain_http.hpp"
#include "exchange/server_state.hpp"
#include "http/error.hpp"
#include "http/public_handler.hpp"
#include "http/screening.hpp"

#include <coseal/error.hpp>

#include <utility>

namespace coseal {
namespace {

/// FINISH, token and tag, and then some.
constexpr std::size_t request_overhead = 8192;

std::map<std::string, exchange_handler, std::less<>> plain_paths(const exchange_server_options& options) {
  std::map<std::string, exchange_handler, std::less<>> paths;
  for (const auto& [path, handler] : options.plain()) {
    if (!path.starts_with('/') || path.find_first_of("?#") != std::string::npos || !handler)
      throw error(errc::invalid_option,
                  "plain: '" + path + "' is no path that begins with '/', or has no handler");
    if (!paths.emplace(path, handler).second)
      throw error(errc::invalid_option, "plain: two handlers for " + path);
  }
  if (!paths.empty() && !plain_http_available())
    throw error(errc::invalid_option, "plain: coseal was built without simdjson");
  return paths;
}

http::server_options http_options(const exchange_server_options& options) {
  http::server_options http;
  http.body.bytes = options.max_body() + request_overhead;
  http.hosts = options.hosts();
  http.origins = options.origins();
  http.cross_origin_methods = {"POST"};
  return http;
}

}  // namespace

exchange_server::state::state(endpoint self, exchange_handler handler, exchange_server_options options)
    : plain_(plain_paths(options)),
      http_(coseal::http_options(options)),
      time_(options.time()),
      acceptor_(self.shared_state(), std::move(handler), std::move(options)) {}

task<http::response> exchange_server::state::answer(http::request asked) {
  const auto alive = shared_from_this();
  auto made = co_await answer_by_path(std::move(asked));
  watch_response(acceptor_.watched(), made.head.status);
  co_return made;
}

task<http::response> exchange_server::state::answer_by_path(http::request asked) {
  if (const auto plain = plain_.find(asked.head.path()); plain != plain_.end())
    co_return co_await answer_plain(plain->second, std::move(asked));

  if (asked.head.method != "POST") {
    auto refused = problem(405, "exchanges are POSTed");
    refused.head.fields.emplace_back("Allow", "POST");
    co_return refused;
  }
  const std::string* const type = asked.head.find("Content-Type");
  if (type == nullptr || !http::equal_without_case(*type, octet_stream))
    co_return problem(415, "an exchange is application/octet-stream");
  auto said = co_await acceptor_.answer(std::move(asked.body), std::move(asked.source));
  http::response made(200);
  made.body = std::move(said);
  made.head.fields.emplace_back("Content-Type", std::string(octet_stream));
  made.head.fields.emplace_back("Cache-Control", "no-store");
  co_return made;
}

exchange_server::exchange_server(endpoint self, exchange_handler handler, exchange_server_options options)
    : state_(std::make_shared<state>(std::move(self), std::move(handler), std::move(options))) {}

task<http_response> exchange_server::fetch(http_request asked) {
  const auto alive = state_;
  const http::handler by = [alive](http::request screened) { return alive->answer(std::move(screened)); };
  auto made = co_await http::answer_screened(http::from_public(std::move(asked)), alive->http_options(), by);
  co_return http::to_public(std::move(made));
}

}  // namespace coseal
