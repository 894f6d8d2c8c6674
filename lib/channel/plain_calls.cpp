#include "channel/plain_calls.hpp"

#include "channel/call_message.hpp"
#include "contract/value_json.hpp"
#include "exchange/plain_http.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>

namespace coseal {
namespace {

std::span<const std::byte> octets_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

http::response json_response(std::string_view text) {
  http::response made(200, "application/json", octets_of(text));
  made.head.fields.emplace_back("Cache-Control", "no-store");
  return made;
}

/// 503: the same again later, perhaps elsewhere.
http::response try_later(std::string_view detail) {
  auto made = problem(503, detail);
  made.head.fields.emplace_back("Retry-After", "1");
  return made;
}

http::response problem_of(error_kind kind, std::string_view text) {
  switch (kind) {
    case error_kind::no_handler:
      return problem(501, "nobody handles this action");
    case error_kind::malformed:
      return problem(400, text);
    case error_kind::level:
      return problem(403, "this action is not for callers without security");
    case error_kind::refused:
      return problem(403, text);
    case error_kind::busy:
      return try_later("too many calls are outstanding");
    case error_kind::draining:
      return try_later("this server takes no more calls");
    case error_kind::duplex:
      return problem(501, "items go with this action, which HTTP can not carry");
    case error_kind::timed_out:
      return problem(504, "the call took too long");
    case error_kind::declared:
    case error_kind::failed:
    case error_kind::cancelled:
    case error_kind::not_kept:  // nothing is asked again over HTTP
      break;
  }
  return problem(500, "the handler failed");
}

}  // namespace

plain_calls::plain_calls(const channel& contract) : contract_(contract) {
  if (!plain_http_available())
    throw error(errc::invalid_option, "plain_http: coseal was built without simdjson");
  for (const channel_entry& each : contract_.to_acceptor().entries())
    actions_.push_back(parse_action_text(each.text));
}

http::response plain_calls::document() const {
  return json_response(describe_openapi(contract_));
}

std::optional<std::uint64_t> plain_calls::position_of(std::string_view path) const {
  if (!path.starts_with('/')) return std::nullopt;
  return contract_.to_acceptor().position_of(path.substr(1));
}

std::variant<std::vector<std::byte>, http::response> plain_calls::ask(std::uint64_t position,
                                                                      const http::request& asked) const {
  if (asked.head.method != "POST") {
    auto refused = problem(405, "calls are POSTed");
    refused.head.fields.emplace_back("Allow", "POST");
    return refused;
  }
  if (!is_json_type(asked.head.find("Content-Type")))
    return problem(415, "the body of a call is application/json");
  const auto& action = actions_[static_cast<std::size_t>(position)];
  if (!action) return problem(501, "this action has a type that has no JSON");
  if (action->streams()) return problem_of(error_kind::duplex, {});
#if defined(COSEAL_HAVE_JSON)
  decode_failure where;
  const std::string_view text(reinterpret_cast<const char*>(asked.body.data()), asked.body.size());
  const auto fields = value_from_json(action->input, text, &where);
  if (!fields) return problem(400, where.text());
  const auto head = message_head::call(0, position, 0, false, trace_of(asked.head));
  std::vector<std::byte> message(head.bytes().begin(), head.bytes().end());
  message.insert(message.end(), fields->begin(), fields->end());
  return message;
#else
  return problem(501, "there is no JSON here");
#endif
}

http::response plain_calls::answer(std::uint64_t position, std::span<const std::byte> message) const {
  const auto said = parse_call_message(message, message_sender::acceptor);
  const auto& action = actions_[static_cast<std::size_t>(position)];
  if (!said || !action) return problem(500, "the handler failed");
  if (said->kind == message_kind::error && said->error == error_kind::declared)
    return declared_error(*action, said->declared, said->body);
  if (said->kind == message_kind::error)
    return problem_of(said->error, {reinterpret_cast<const char*>(said->body.data()), said->body.size()});
  if (!action->reply) {
    http::response made(204);
    made.head.fields.emplace_back("Cache-Control", "no-store");
    return made;
  }
  const auto text = value_to_json(*action->reply, said->body);
  if (!text) return problem(500, "the reply has no JSON");
  return json_response(*text);
}

http::response plain_calls::declared_error(const action_text& action, std::uint64_t which,
                                           std::span<const std::byte> value) const {
  if (which >= action.errors.size()) return problem(500, "the handler failed");
  const type_text& type = action.errors[static_cast<std::size_t>(which)];
  const auto fields = value_to_json(type, value);
  if (!fields) return problem(500, "the error has no JSON");
  const std::string name(type.name);
  std::string member = "\"error\":{";
  detail::append_json_text(member, name);
  member += ":" + *fields + "}";
  return problem(422, "an error that the action declares", "/#/components/schemas/" + name, name, member);
}

}  // namespace coseal
