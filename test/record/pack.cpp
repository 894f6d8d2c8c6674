#include "record/pack.hpp"

#include "record/sealing.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;

namespace {

/// PACK as the text has it, byte by byte: one or more `vec16 frame`.
std::optional<std::vector<bytes>> naive_frames(const bytes& content, std::size_t largest) {
  std::vector<bytes> frames;
  for (std::size_t at = 0; at < content.size();) {
    if (at + 1 >= content.size()) return std::nullopt;
    const auto n =
        std::to_integer<std::size_t>(content[at]) * 256 + std::to_integer<std::size_t>(content[at + 1]);
    bytes one;
    for (at += 2; one.size() < n; ++at) {
      if (at >= content.size()) return std::nullopt;
      one.push_back(content[at]);
    }
    if (n > largest) return std::nullopt;
    frames.push_back(one);
  }
  if (frames.empty()) return std::nullopt;
  return frames;
}

}  // namespace

TEST_CASE("packed frames are counted as a naive reader counts them", "[record]") {
  std::mt19937 random(51);
  std::size_t good = 0;
  for (int round = 0; round < 20'000; ++round) {
    bytes content;
    const unsigned frames = random() % 6;
    for (unsigned i = 0; i < frames; ++i) {
      const std::size_t n = random() % 8 == 0 ? random() % 700 : random() % 5;
      content.push_back(static_cast<std::byte>(n >> 8));
      content.push_back(static_cast<std::byte>(n & 0xff));
      const bytes frame = random_bytes(random, n);
      content.insert(content.end(), frame.begin(), frame.end());
    }
    if (!content.empty() && random() % 3 == 0)
      content[random() % content.size()] ^= static_cast<std::byte>(random());
    if (random() % 4 == 0) content.resize(content.size() - random() % (content.size() + 1));
    if (random() % 8 == 0) content = joined({content, random_bytes(random, 1 + random() % 3)});
    const std::size_t largest = random() % 2 == 0 ? 65'535 : random() % 600;
    const auto expected = naive_frames(content, largest);
    const auto counted = count_packed(content, largest);
    REQUIRE(counted.has_value() == expected.has_value());
    if (counted) REQUIRE(*counted == expected->size());
    good += counted.has_value();
  }
  CHECK(good > 5'000);
  CHECK(good < 15'000);
}

TEST_CASE("what is packed is counted", "[record]") {
  std::mt19937 random(52);
  for (int round = 0; round < 200; ++round) {
    std::vector<bytes> frames(1 + random() % 9);
    bytes content(9 * (2 + 70'000));
    std::byte* at = content.data();
    for (auto& frame : frames) {
      frame = random_bytes(random, random() % 4 == 0 ? 65'535 : random() % 300);
      at = append_packed(at, frame);
    }
    content.resize(static_cast<std::size_t>(at - content.data()));
    REQUIRE(count_packed(content, 65'535) == frames.size());
    REQUIRE(naive_frames(content, 65'535) == frames);
  }
}
