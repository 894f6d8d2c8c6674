#pragma once

#include <coseal/codec/varint.hpp>
#include <coseal/value_error.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coseal {

/// Takes a value from untrusted bytes, part by part. Every function says false where it can not go on; the
/// reason is then kept, and the caller says false as well.
class decoder : public detail::failing {
 public:
  explicit decoder(std::span<const std::byte> input, decode_failure* where = nullptr) noexcept
      : failing(where),
        at_(input.data()),
        end_(input.data() + input.size()),
        memory_(allowance(input.size())) {}

  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// The next n bytes, or nullptr. They belong to the input.
  const std::byte* take(std::size_t n) noexcept {
    if (left() < n) {
      fail(value_errc::truncated);
      return nullptr;
    }
    const std::byte* const taken = at_;
    at_ += n;
    return taken;
  }

  /// A number in the form of detail::write_varint, the shortest alone.
  bool varint(std::uint64_t& out) noexcept {
    if (at_ == end_) return fail(value_errc::truncated);
    const auto first = std::to_integer<std::uint8_t>(*at_);
    if (first < 0x80) {
      out = first;
      ++at_;
      return true;
    }
    const auto following = static_cast<std::size_t>(std::countl_one(first));
    const std::byte* const number = take(following + 1);
    if (number == nullptr) return false;
    if (following == 8) {
      out = detail::load_big<std::uint64_t>(number + 1);
    } else {
      out = first & 0x7fU >> following;
      for (std::size_t i = 1; i <= following; ++i) out = out << 8 | std::to_integer<std::uint64_t>(number[i]);
    }
    return out >> 7 * following != 0 || fail(value_errc::not_canonical);
  }

  /// How many elements follow, of at least `least` bytes and `memory` bytes of memory each: no more than the
  /// bytes that are left can hold, nor than the allowance for memory admits.
  bool count(std::size_t& out, std::size_t least, std::size_t memory) noexcept {
    std::uint64_t n = 0;
    if (!varint(n)) return false;
    if (n > left() / least) return fail(value_errc::too_many);
    if (n > memory_ / memory) return fail(value_errc::too_much_memory);
    out = static_cast<std::size_t>(n);
    memory_ -= out * memory;
    return true;
  }

  /// True if nothing is left over.
  bool complete() noexcept { return at_ == end_ || fail(value_errc::trailing_bytes); }

  /// Memory that the elements of lists and maps of a value of `size` bytes may take, all in all.
  static constexpr std::size_t allowance(std::size_t size) noexcept {
    constexpr std::size_t free = std::size_t{4} << 20, each = 64;
    return size > (SIZE_MAX - free) / each ? SIZE_MAX : free + each * size;
  }

 private:
  const std::byte* at_;
  const std::byte* end_;
  std::size_t memory_;
};

}  // namespace coseal
