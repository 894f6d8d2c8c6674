#include "http/public_handler.hpp"

#include <utility>

namespace coseal::http {
namespace {

http_request to_public(request asked, std::string source) {
  http_request out;
  out.method = std::move(asked.head.method);
  out.target = std::move(asked.head.target);
  for (field& each : asked.head.fields) out.fields.emplace_back(std::move(each.name), std::move(each.value));
  out.body = std::move(asked.body);
  out.source = source.empty() ? std::move(asked.source) : std::move(source);
  return out;
}

/// The handler is that of the connection, which outlives each answer.
task<response> answer(const http_handler& answers, http_request asked) {
  auto given = answers(std::move(asked));
  co_return from_public(co_await std::move(given));
}

}  // namespace

request from_public(http_request asked) {
  request made;
  made.head.method = std::move(asked.method);
  made.head.target = std::move(asked.target);
  for (auto& [name, value] : asked.fields) made.head.fields.emplace_back(std::move(name), std::move(value));
  made.head.framing = body_framing::of_length(asked.body.size());
  made.body = std::move(asked.body);
  made.source = std::move(asked.source);
  return made;
}

response from_public(http_response given) {
  response out(given.status);
  for (auto& [name, value] : given.fields) out.head.fields.emplace_back(std::move(name), std::move(value));
  out.body = std::move(given.body);
  return out;
}

http_response to_public(response made) {
  http_response answer;
  answer.status = made.head.status;
  for (auto& each : made.head.fields) answer.fields.emplace_back(std::move(each.name), std::move(each.value));
  answer.body = std::move(made.body);
  return answer;
}

handler by(http_handler answers, std::string source) {
  return [answers = std::move(answers), source = std::move(source)](request asked) {
    return answer(answers, to_public(std::move(asked), source));
  };
}

}  // namespace coseal::http
