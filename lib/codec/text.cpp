#include "bytes/utf8.hpp"

#include <coseal/codec/text.hpp>

namespace coseal::detail {

bool is_utf8(std::string_view text) noexcept {
  utf8_validator check;
  return check.feed(std::as_bytes(std::span(text))) && check.complete();
}

}  // namespace coseal::detail
