#include "http/head.hpp"

#include "http/error.hpp"
#include "http/llhttp_head.hpp"

#include <algorithm>

namespace coseal::http {
namespace {

/// "host:port" of "http://host:port/path"; empty for the other forms of a target.
std::string_view authority_of(std::string_view target) noexcept {
  if (target.starts_with('/')) return {};
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!equal_without_case(target.substr(0, scheme.size()), scheme)) continue;
    target.remove_prefix(scheme.size());
    return target.substr(0, target.find_first_of("/?"));
  }
  return {};
}

/// The four forms of RFC 9112, 3.2. An absolute one must name the Host that the field names: who looks at the
/// one must not be told another tale than who looks at the other.
result<void> check_target(const request_head& head) {
  const std::string_view target = head.target;
  if (target.find('#') != std::string_view::npos) return errc::bad_start_line;
  if (target.starts_with('/') || head.method == "CONNECT") return {};
  if (target == "*") return head.method == "OPTIONS" ? result<void>() : errc::bad_start_line;
  const std::string_view authority = authority_of(target);
  if (authority.empty()) return errc::bad_start_line;
  const std::string* const host = head.find("Host");
  if (host != nullptr && !equal_without_case(authority, *host)) return errc::bad_host;
  return {};
}

/// The guard and llhttp must have seen the same length.
bool agree(const std::optional<body_framing>& guarded, const llhttp_head& seen) noexcept {
  const bool chunked = guarded && guarded->how == body_framing::kind::chunked;
  const bool length = guarded && guarded->how == body_framing::kind::length;
  return chunked == seen.chunked && length == seen.length.has_value() &&
         (!length || guarded->length == *seen.length);
}

bool keeps_alive(const field_list& head, unsigned minor) noexcept {
  if (head.has_token("Connection", "close")) return false;
  return minor >= 1 || head.has_token("Connection", "keep-alive");
}

/// RFC 9112, 6.3. One without a body that names a length all the same would leave bytes for the next
/// response.
result<body_framing> framing_of_response(unsigned status, std::string_view request_method,
                                         const std::optional<body_framing>& declared) {
  if (request_method == "HEAD" || status == 304) return body_framing::none();
  if (status < 200 || status == 204) {
    if (declared && *declared != body_framing::of_length(0)) return errc::bad_framing;
    return body_framing::none();
  }
  if (request_method == "CONNECT" && status < 300) return body_framing::none();
  return declared.value_or(body_framing::until_close());
}

std::string_view text_of(std::span<const std::byte> bytes, const guarded_head& head) {
  return {reinterpret_cast<const char*>(bytes.data()) + head.start, head.size - head.start};
}

}  // namespace

std::string_view request_head::path() const noexcept {
  std::string_view rest = target;
  if (const auto authority = authority_of(rest); !authority.empty())
    rest.remove_prefix(static_cast<std::size_t>(authority.data() - rest.data()) + authority.size());
  rest = rest.substr(0, rest.find('?'));
  return rest.empty() ? "/" : rest;
}

std::string_view request_head::query() const noexcept {
  const std::string_view all = target;
  const std::size_t mark = all.find('?');
  return mark == std::string_view::npos ? std::string_view() : all.substr(mark + 1);
}

result<std::optional<parsed<request_head>>> parse_request_head(std::span<const std::byte> bytes,
                                                               const head_limits& limits) {
  const auto guarded = guard_request_head(bytes, limits);
  if (!guarded) return guarded.error();
  if (!*guarded) return std::optional<parsed<request_head>>();
  auto seen = read_by_llhttp(head_kind::request, text_of(bytes, **guarded));
  if (!seen) return seen.error();
  if (!agree((*guarded)->framing, *seen)) return errc::bad_framing;
  request_head head;
  head.method = std::move(seen->method);
  head.target = std::move(seen->target);
  head.minor = seen->minor;
  head.fields = std::move(seen->fields);
  head.framing = (*guarded)->framing.value_or(body_framing::none());
  head.keep_alive = keeps_alive(head, head.minor);
  if (const auto fine = check_target(head); !fine) return fine.error();
  return std::optional(parsed<request_head>(std::move(head), (*guarded)->size));
}

result<std::optional<parsed<response_head>>> parse_response_head(std::span<const std::byte> bytes,
                                                                 const head_limits& limits,
                                                                 std::string_view request_method) {
  const auto guarded = guard_response_head(bytes, limits);
  if (!guarded) return guarded.error();
  if (!*guarded) return std::optional<parsed<response_head>>();
  auto seen = read_by_llhttp(head_kind::response, text_of(bytes, **guarded));
  if (!seen) return seen.error();
  if (!agree((*guarded)->framing, *seen)) return errc::bad_framing;
  const auto framing = framing_of_response(seen->status, request_method, (*guarded)->framing);
  if (!framing) return framing.error();
  response_head head(seen->status);
  head.reason = std::move(seen->reason);
  head.minor = seen->minor;
  head.fields = std::move(seen->fields);
  head.framing = *framing;
  head.keep_alive = framing->how != body_framing::kind::until_close && keeps_alive(head, head.minor);
  return std::optional(parsed<response_head>(std::move(head), (*guarded)->size));
}

}  // namespace coseal::http
