#include "http/llhttp_head.hpp"

#include "http/error.hpp"

#include <llhttp.h>

static_assert(LLHTTP_VERSION_MAJOR >= 8, "older ones take much that RFC 9112 forbids");

namespace coseal::http {
namespace {

/// Collects what llhttp calls back with.
struct collected {
  llhttp_head head;
  bool complete = false;
  bool in_value = false;

  static collected& of(llhttp_t* parser) { return *static_cast<collected*>(parser->data); }

  static int on_target(llhttp_t* parser, const char* at, std::size_t n) {
    of(parser).head.target.append(at, n);
    return 0;
  }
  static int on_reason(llhttp_t* parser, const char* at, std::size_t n) {
    of(parser).head.reason.append(at, n);
    return 0;
  }
  static int on_name(llhttp_t* parser, const char* at, std::size_t n) {
    auto& self = of(parser);
    if (self.in_value || self.head.fields.empty()) self.head.fields.emplace_back();
    self.in_value = false;
    self.head.fields.back().name.append(at, n);
    return 0;
  }
  static int on_value(llhttp_t* parser, const char* at, std::size_t n) {
    of(parser).head.fields.back().value.append(at, n);
    return 0;
  }
  static int on_value_complete(llhttp_t* parser) {
    of(parser).in_value = true;
    return 0;
  }
  static int on_head(llhttp_t* parser) {
    auto& self = of(parser);
    self.complete = true;
    if (parser->type == HTTP_REQUEST)
      self.head.method = llhttp_method_name(static_cast<llhttp_method_t>(parser->method));
    self.head.status = parser->status_code;
    self.head.minor = parser->http_minor;
    if ((parser->flags & F_CONTENT_LENGTH) != 0) self.head.length = parser->content_length;
    self.head.chunked = (parser->flags & F_CHUNKED) != 0;
    return HPE_PAUSED;  // bodies are read by body_reader
  }
};

const llhttp_settings_t& callbacks() {
  static const llhttp_settings_t made = [] {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_url = collected::on_target;
    settings.on_status = collected::on_reason;
    settings.on_header_field = collected::on_name;
    settings.on_header_value = collected::on_value;
    settings.on_header_value_complete = collected::on_value_complete;
    settings.on_headers_complete = collected::on_head;
    return settings;
  }();
  return made;
}

errc what_llhttp_says(llhttp_errno_t code) noexcept {
  switch (code) {
    case HPE_INVALID_METHOD:
      return errc::method_unknown;
    case HPE_INVALID_VERSION:
      return errc::version_unsupported;
    case HPE_INVALID_HEADER_TOKEN:
      return errc::bad_field;
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
    case HPE_INVALID_TRANSFER_ENCODING:
      return errc::bad_framing;
    default:
      return errc::bad_start_line;
  }
}

}  // namespace

result<llhttp_head> read_by_llhttp(head_kind kind, std::string_view head) {
  collected into;
  llhttp_t parser;
  llhttp_init(&parser, kind == head_kind::request ? HTTP_REQUEST : HTTP_RESPONSE, &callbacks());
  parser.data = &into;
  const llhttp_errno_t ended = llhttp_execute(&parser, head.data(), head.size());
  if (ended != HPE_PAUSED) return ended == HPE_OK ? errc::bad_start_line : what_llhttp_says(ended);
  // It stops at the last byte of the head it saw; before that one it would have seen another head than the
  // guard.
  const char* const end = head.data() + head.size();
  if (!into.complete || end - llhttp_get_error_pos(&parser) > 1) return errc::bad_framing;
  for (field& each : into.head.fields) each.value = trimmed(each.value);
  return std::move(into.head);
}

}  // namespace coseal::http
