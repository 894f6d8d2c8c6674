#include "bytes/utf8.hpp"

#include "support/catch.hpp"

#include <string>
#include <string_view>

using coseal::utf8_validator;

namespace {

bool valid(std::string_view text) {
  utf8_validator whole;
  const bool fed = whole.feed(std::as_bytes(std::span(text))) && whole.complete();
  utf8_validator by_byte;
  bool fed_by_byte = true;
  for (const char& c : text) fed_by_byte = fed_by_byte && by_byte.feed(std::as_bytes(std::span(&c, 1)));
  CHECK(fed == (fed_by_byte && by_byte.complete()));
  return fed;
}

std::string encoded(unsigned code) {
  const auto byte = [](unsigned value) { return static_cast<char>(value); };
  if (code < 0x80) return {byte(code)};
  if (code < 0x800) return {byte(0xc0 | code >> 6), byte(0x80 | (code & 0x3f))};
  if (code < 0x10000)
    return {byte(0xe0 | code >> 12), byte(0x80 | (code >> 6 & 0x3f)), byte(0x80 | (code & 0x3f))};
  return {byte(0xf0 | code >> 18), byte(0x80 | (code >> 12 & 0x3f)), byte(0x80 | (code >> 6 & 0x3f)),
          byte(0x80 | (code & 0x3f))};
}

}  // namespace

TEST_CASE("every character but a surrogate is valid, whatever stands before it", "[bytes]") {
  for (unsigned code = 0; code <= 0x110000; code += code < 0x3000 ? 1 : 61) {
    const bool right = code < 0xd800 || (code > 0xdfff && code <= 0x10ffff);
    if (valid("12345678" + encoded(code) + "x") != right) FAIL_CHECK("U+" << std::hex << code);
  }
  CHECK(valid(encoded(0x10ffff)));
  CHECK_FALSE(valid(encoded(0x110000)));
  CHECK_FALSE(valid(encoded(0xd800)));
  CHECK_FALSE(valid(encoded(0xdfff)));
}

TEST_CASE("overlong, cut and stray bytes are not text", "[bytes]") {
  for (const std::string_view text : {"\xc0\xaf",
                                      "\xc1\xbf",
                                      "\xe0\x80\xaf",
                                      "\xe0\x9f\xbf",
                                      "\xf0\x80\x80\xaf",
                                      "\xf0\x8f\xbf\xbf",
                                      "\x80",
                                      "\xbf",
                                      "a\x80",
                                      "\xce",
                                      "\xe2\x82",
                                      "\xf0\x9f\x98",
                                      "\xf5\x80\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xfe",
                                      "\xff",
                                      "\xe2\x28\xa1",
                                      "\xf0\x28\x8c\xbc",
                                      "12345678\xff",
                                      "1234567\xff",
                                      "\xce\xba\xe1\xbd\xb9\xed\xa0\x80"}) {
    CAPTURE(text);
    CHECK_FALSE(valid(text));
  }
}

TEST_CASE("what can no more become text fails at once", "[bytes]") {
  const std::string_view text = "\xf4\x90";  // above U+10FFFF whatever follows
  utf8_validator check;
  CHECK_FALSE(check.feed(std::as_bytes(std::span(text))));
}
