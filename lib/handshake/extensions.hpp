#pragma once

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"

#include <cstdint>
#include <optional>
#include <span>

namespace coseal {

/// One typed value of an extension list; docs/protocol.md section 3.
struct extension {
  std::uint16_t type = 0;
  std::span<const std::byte> value;

  /// Whoever does not know a critical type has to refuse.
  bool critical() const noexcept { return (type & 0x8000) != 0; }
};

/// Walks a list of extensions: types strictly ascending, at most 16. Whatever breaks the form fails `in`.
class extension_reader {
 public:
  explicit extension_reader(reader& in) noexcept : in_(in), list_(in.vec16()) {}

  /// The next one, or nothing at the end and after a failure.
  std::optional<extension> next() noexcept {
    if (in_.failed() || list_.left() == 0) return std::nullopt;
    const extension one{list_.u16(), list_.vec16()};
    const bool ascending = count_ == 0 || one.type > last_type_;
    if (list_.failed() || !ascending || ++count_ > max_count) {
      in_.fail();
      return std::nullopt;
    }
    last_type_ = one.type;
    return one;
  }

 private:
  static constexpr int max_count = 16;

  reader& in_;
  reader list_;
  int count_ = 0;
  std::uint16_t last_type_ = 0;
};

/// Appends one extension; the caller keeps the types ascending.
inline void write_extension(writer& list, std::uint16_t type, std::span<const std::byte> value) {
  list.u16(type);
  list.vec16(value);
}

}  // namespace coseal
