#include "detection/opening.hpp"

#include <algorithm>
#include <string_view>

namespace coseal {
namespace {

/// With the blank that must follow: nothing else is taken for HTTP, so that a peer of SSH, SMTP or HTTP/2 is
/// not answered in HTTP/1.1.
constexpr std::string_view methods[] = {"GET ", "HEAD ", "POST ", "PUT ", "DELETE ", "OPTIONS ", "PATCH "};

}  // namespace

opening opening_of(std::span<const std::byte> first) noexcept {
  if (first.empty()) return opening::undecided;
  if (first[0] == std::byte{0x00}) return opening::records;  // a HELLO is no longer than 1024 bytes
  if (first[0] == std::byte{0x16}) return opening::tls;
  const std::string_view text(reinterpret_cast<const char*>(first.data()), first.size());
  if (std::ranges::any_of(methods, [text](std::string_view method) { return text.starts_with(method); }))
    return opening::http;
  if (std::ranges::any_of(methods, [text](std::string_view method) { return method.starts_with(text); }))
    return opening::undecided;
  return opening::unknown;
}

}  // namespace coseal
