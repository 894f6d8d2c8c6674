#include "support/catch.hpp"

#include <coseal/error.hpp>
#include <coseal/public_key.hpp>

using namespace coseal;

namespace {

public_key counting_key() {
  public_key key;
  for (std::size_t i = 0; i < key.bytes.size(); ++i) key.bytes[i] = static_cast<std::byte>(i);
  return key;
}

}  // namespace

TEST_CASE("a fingerprint has the form that OpenSSH prints", "[crypto]") {
  REQUIRE(counting_key().fingerprint() == "SHA256:Yw3NKWbEM2aRElRIu7JbT/QSpJxzLbLIq8G4WBvXEN0");
}

TEST_CASE("a public key is written and read as 64 hexadecimal digits", "[crypto]") {
  const auto text = counting_key().to_hex();
  REQUIRE(text == "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f");
  REQUIRE(public_key::from_hex(text).value() == counting_key());
  REQUIRE(public_key::from_hex("000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1E1F").value() ==
          counting_key());
}

TEST_CASE("text that is not a public key is refused", "[crypto]") {
  const auto good = counting_key().to_hex();
  for (const auto& text :
       {std::string(), good.substr(1), good.substr(2), good + "0", good + "00", " " + good.substr(1),
        good.substr(0, 63) + "g", good.substr(0, 63) + std::string(1, '\0'), "0x" + good.substr(2),
        good.substr(0, 62) + ":0"}) {
    CAPTURE(text);
    REQUIRE(public_key::from_hex(text).error() == errc::invalid_key);
  }
}
