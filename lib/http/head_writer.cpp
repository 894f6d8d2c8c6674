#include "http/head_writer.hpp"

#include "http/error.hpp"

#include <algorithm>

namespace coseal::http {
namespace {

bool is_value(std::string_view text) noexcept {
  return std::ranges::all_of(text, is_value_character);
}

bool is_target(std::string_view text) noexcept {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
}

result<std::string> with_fields(std::string head, const field_list& list, body_framing framing, bool close) {
  for (const field& each : list.fields) {
    if (!is_token(each.name) || !is_value(each.value)) return errc::unwritable;
    if (equal_without_case(each.name, "Content-Length") || equal_without_case(each.name, "Transfer-Encoding"))
      return errc::unwritable;
    head.append(each.name).append(": ").append(each.value).append("\r\n");
  }
  if (framing.how == body_framing::kind::length)
    head.append("Content-Length: ").append(std::to_string(framing.length)).append("\r\n");
  if (framing.how == body_framing::kind::chunked) head.append("Transfer-Encoding: chunked\r\n");
  if (close && !list.has_token("Connection", "close")) head.append("Connection: close\r\n");
  head.append("\r\n");
  return head;
}

}  // namespace

result<std::string> write_request_head(const request_head& head) {
  if (!is_token(head.method) || !is_target(head.target)) return errc::unwritable;
  if (head.framing.how == body_framing::kind::until_close) return errc::unwritable;
  return with_fields(head.method + ' ' + head.target + " HTTP/1.1\r\n", head, head.framing, !head.keep_alive);
}

result<std::string> write_response_head(const response_head& head) {
  if (head.status < 100 || head.status > 999 || !is_value(head.reason)) return errc::unwritable;
  const std::string_view reason = head.reason.empty() ? reason_of(head.status) : head.reason;
  std::string line = "HTTP/1.1 " + std::to_string(head.status) + ' ';
  return with_fields(line.append(reason).append("\r\n"), head, head.framing, !head.keep_alive);
}

std::string_view reason_of(unsigned status) noexcept {
  switch (status) {
    case 100:
      return "Continue";
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 304:
      return "Not Modified";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 417:
      return "Expectation Failed";
    case 421:
      return "Misdirected Request";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return {};
  }
}

}  // namespace coseal::http
