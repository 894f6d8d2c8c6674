// The fuzz target on inputs that a generator makes: mostly well formed, so that they come far.

#include "fuzz/records.hpp"
#include "record/sealing.hpp"
#include "support/catch.hpp"

using namespace coseal;
using namespace coseal::test;

namespace {

class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  bytes input() {
    const int level = pick(3), state = pick(256), record = pick(4);
    const std::size_t largest =
        std::vector<std::size_t>{4096, 20'000, 100'000, 262'144}[static_cast<std::size_t>(record)];
    bytes out = bytes_of({pick(256), state, level, record});
    const int contents = 1 + pick(12);
    for (int i = 0; i < contents; ++i) {
      bytes content =
          i == 0 && state % 2 != 0 && !one_in(9) ? content_of(0x10, "accepted") : next_content(largest);
      if (level == 2 && !content.empty() && one_in(4)) content = padded(content);
      if (content.size() > largest - 16) content.resize(largest - 16);
      if (one_in(60) && !content.empty()) content[at(content.size())] ^= static_cast<std::byte>(1 << pick(8));
      const bytes prefix = level == 0
                               ? header(content.size())
                               : bytes_of({int(content.size() >> 8 & 0xff), int(content.size() & 0xff)});
      if (level != 0 && content.size() > 0xffff) content.resize(content.size() & 0xffff);
      out = joined({out, prefix, content});
    }
    if (one_in(10)) out.resize(4 + at(out.size() - 4));
    return out;
  }

 private:
  int pick(int n) { return static_cast<int>(random_() % static_cast<unsigned>(n)); }
  std::size_t at(std::size_t n) { return random_() % n; }
  bool one_in(int n) { return pick(n) == 0; }

  bytes header(std::size_t length) {
    auto kind = one_in(80) ? record_kind::refused : record_kind::traffic;
    if (one_in(150)) kind = static_cast<record_kind>(pick(256));
    if (one_in(150)) length += at(300);
    const auto written = record_header{static_cast<std::uint32_t>(length), kind, std::uint8_t(one_in(150)),
                                       std::uint16_t(one_in(150))}
                             .bytes();
    return bytes(written.begin(), written.end());
  }
  bytes number(std::size_t value, int size) {
    bytes out;
    for (int shift = 8 * (size - 1); shift >= 0; shift -= 8)
      out.push_back(static_cast<std::byte>(value >> shift));
    return out;
  }
  std::size_t size(std::size_t largest) {
    switch (pick(8)) {
      case 0:
        return 0;
      case 1:
        return at(largest);
      case 2:
        return std::min<std::size_t>(largest, 65'534 + at(5));
      case 3:
        return at(6'000);
      default:
        return at(40);
    }
  }
  bytes padded(bytes content) {
    content[0] |= std::byte{0x80};
    const std::size_t zeros = at(300);
    return joined({content, bytes(zeros), number(one_in(20) ? at(400) : zeros, 2)});
  }
  bytes next_content(std::size_t largest) {
    if (missing_ != 0 && !one_in(6)) {
      const std::size_t n = one_in(25) ? missing_ + 1 : std::min({missing_, 1 + size(largest), largest - 20});
      missing_ -= std::min(missing_, n);
      return joined({bytes_of({0x04}), random_bytes(random_, n)});
    }
    switch (pick(20)) {
      case 0:
        return joined({bytes_of({0x13}), random_bytes(random_, one_in(9) ? 7 : 8)});
      case 1:
        return joined({bytes_of({0x14}), random_bytes(random_, one_in(9) ? 9 : 8)});
      case 2:
        return one_in(9) ? bytes_of({0x12, 0}) : bytes_of({0x12});
      case 3:
        return joined({bytes_of({0x15}), number(one_in(4) ? at(70'000) : 0, 2)});
      case 4:
        return one_in(3) ? joined({bytes_of({pick(256)}), random_bytes(random_, at(20))})
                         : bytes_of({0x13, 1, 2, 3, 4, 5, 6, 7, 8});
      case 5:
      case 6:
      case 7: {
        const std::size_t n = 1 + size(std::min<std::size_t>(largest - 40, 64'000));
        missing_ = one_in(20) ? 0 : 1 + size(66'000);
        return joined({bytes_of({0x03}), number(n + missing_, 4), random_bytes(random_, n)});
      }
      case 8:
      case 9:
      case 10:
        return joined({bytes_of({0x02}), random_bytes(random_, size(largest))});
      default: {
        bytes pack = bytes_of({0x01});
        for (int frames = one_in(30) ? 0 : 1 + pick(5); frames > 0; --frames) {
          const std::size_t n = std::min<std::size_t>(size(largest / 3), 65'535);
          pack = joined({pack, number(n, 2), random_bytes(random_, n)});
        }
        return pack;
      }
    }
  }

  std::mt19937 random_;
  std::size_t missing_ = 0;
};

}  // namespace

TEST_CASE("the receiving half hears what a plain reader of the protocol text hears", "[record]") {
  for (unsigned seed = 0; seed < 500; ++seed) fuzz_records(generator(seed).input());
}

TEST_CASE("noise is refused without harm", "[record]") {
  std::mt19937 random(61);
  for (int round = 0; round < 3'000; ++round) fuzz_records(random_bytes(random, random() % 60));
}
