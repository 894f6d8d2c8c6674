#include "exchange/plain_http.hpp"

#include "http/head_writer.hpp"

#include <coseal/codec/text.hpp>
#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>

#if defined(COSEAL_HAVE_JSON)
#include <simdjson.h>
#endif

#include <exception>
#include <string_view>
#include <utility>

namespace coseal {
namespace {

#if defined(COSEAL_HAVE_JSON)
bool is_json(const std::vector<std::byte>& body) {
  simdjson::dom::parser parser;
  const simdjson::padded_string text(reinterpret_cast<const char*>(body.data()), body.size());
  simdjson::dom::element document;
  return parser.parse(text).get(document) == simdjson::SUCCESS;
}
#else
bool is_json(const std::vector<std::byte>&) {
  return false;
}
#endif

}  // namespace

std::optional<trace_context> trace_of(const http::request_head& head) {
  std::optional<trace_context> found;
  for (const auto& each : head.fields) {
    if (!http::equal_without_case(each.name, "traceparent")) continue;
    if (found) return std::nullopt;
    found = parse_traceparent(each.value);
    if (!found) return std::nullopt;
  }
  return found;
}

bool plain_http_available() noexcept {
#if defined(COSEAL_HAVE_JSON)
  return true;
#else
  return false;
#endif
}

bool is_json_type(const std::string* type) noexcept {
  if (type == nullptr) return false;
  const std::string_view all(*type);
  const auto end = all.find(';');
  if (!http::equal_without_case(http::trimmed(all.substr(0, end)), "application/json")) return false;
  return end == std::string_view::npos ||
         http::equal_without_case(http::trimmed(all.substr(end + 1)), "charset=utf-8");
}

http::response problem(unsigned status, std::string_view why, std::string_view type, std::string_view title,
                       std::string_view members) {
  std::string text = "{\"type\":";
  detail::append_json_text(text, type);
  text += ",\"title\":";
  detail::append_json_text(text, title.empty() ? http::reason_of(status) : title);
  text += ",\"status\":" + std::to_string(status);
  if (!why.empty() && detail::is_utf8(why)) {
    text += ",\"detail\":";
    detail::append_json_text(text, why);
  }
  if (!members.empty()) text.append(",").append(members);
  text += "}\n";
  http::response answer(status, "application/problem+json", std::as_bytes(std::span(text)));
  answer.head.fields.emplace_back("Cache-Control", "no-store");
  return answer;
}

task<http::response> answer_plain(exchange_handler handler, http::request asked) {
  if (asked.head.method != "POST") {
    auto refused = problem(405, "calls are POSTed");
    refused.head.fields.emplace_back("Allow", "POST");
    co_return refused;
  }
  if (!is_json_type(asked.head.find("Content-Type")))
    co_return problem(415, "the body of a call is application/json");
  if (!is_json(asked.body)) co_return problem(400, "the body is not one JSON document in UTF-8");
  exchange_request call;
  call.body = std::move(asked.body);
  call.source = std::move(asked.source);
  call.trace = trace_of(asked.head);
  try {
    const auto answer = co_await handler(std::move(call));
    http::response made(200, "application/json", answer);
    made.head.fields.emplace_back("Cache-Control", "no-store");
    co_return made;
  } catch (...) {  // what it threw is for the log of who wrote the handler
  }
  co_return problem(500, "the handler failed");
}

}  // namespace coseal
