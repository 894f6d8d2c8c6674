#include "crypto/hash.hpp"
#include "crypto/sodium.hpp"

#include <coseal/error.hpp>
#include <coseal/public_key.hpp>

#include <sodium/utils.h>

namespace coseal {
namespace {

constexpr std::size_t hex_digits = 64;

}  // namespace

std::string public_key::fingerprint() const {
  const digest hashed = sha256::of(bytes);
  std::array<char,
             sodium_base64_ENCODED_LEN(std::tuple_size_v<digest>, sodium_base64_VARIANT_ORIGINAL_NO_PADDING)>
      text;
  sodium_bin2base64(text.data(), text.size(), raw(hashed.data()), hashed.size(),
                    sodium_base64_VARIANT_ORIGINAL_NO_PADDING);
  return std::string("SHA256:") + text.data();
}

std::string public_key::to_hex() const {
  std::array<char, hex_digits + 1> text;
  sodium_bin2hex(text.data(), text.size(), raw(bytes.data()), bytes.size());
  return text.data();
}

result<public_key> public_key::from_hex(std::string_view text) {
  public_key key;
  std::size_t length = 0;
  if (text.size() != hex_digits ||
      sodium_hex2bin(raw(key.bytes.data()), key.bytes.size(), text.data(), text.size(), nullptr, &length,
                     nullptr) != 0 ||
      length != key.bytes.size())
    return errc::invalid_key;
  return key;
}

}  // namespace coseal
