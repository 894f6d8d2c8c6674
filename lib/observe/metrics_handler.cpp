#include <coseal/metrics_handler.hpp>

#include <span>

namespace coseal {
namespace {

http_response say(unsigned status, std::string type, std::string_view text) {
  http_response made;
  made.status = status;
  made.fields.emplace_back("Content-Type", std::move(type));
  made.fields.emplace_back("Cache-Control", "no-store");
  const auto body = std::as_bytes(std::span(text));
  made.body.assign(body.begin(), body.end());
  return made;
}

task<http_response> answer_scrape(metrics from, http_request asked) {
  constexpr auto plain = "text/plain; charset=utf-8";
  const std::string path = asked.target.substr(0, asked.target.find('?'));
  if (path != "/metrics") co_return say(404, plain, "there is /metrics\n");
  if (asked.method == "GET" || asked.method == "HEAD")
    co_return say(200, "text/plain; version=0.0.4; charset=utf-8", from.prometheus());
  auto refused = say(405, plain, "");
  refused.fields.emplace_back("Allow", "GET, HEAD");
  co_return refused;
}

}  // namespace

http_handler metrics_handler(metrics from) {
  return [from = std::move(from)](http_request asked) { return answer_scrape(from, std::move(asked)); };
}

}  // namespace coseal
