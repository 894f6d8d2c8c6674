#include "crypto/base64.hpp"

#include "crypto/sodium.hpp"

#include <sodium/utils.h>

namespace coseal {

std::string to_base64(std::span<const std::byte> bytes) {
  constexpr int variant = sodium_base64_VARIANT_ORIGINAL;
  std::string text(sodium_base64_ENCODED_LEN(bytes.size(), variant), '\0');
  sodium_bin2base64(text.data(), text.size(), raw(bytes.data()), bytes.size(), variant);
  text.pop_back();  // the NUL
  return text;
}

bool from_base64(std::string_view text, std::span<std::byte> out) noexcept {
  std::size_t size = 0;
  const char* end = nullptr;
  return sodium_base642bin(raw(out.data()), out.size(), text.data(), text.size(), nullptr, &size, &end,
                           sodium_base64_VARIANT_ORIGINAL) == 0 &&
         size == out.size() && end == text.data() + text.size();
}

}  // namespace coseal
