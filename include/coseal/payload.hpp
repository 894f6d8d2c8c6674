#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace coseal {

/// Bytes that are written only where they are needed: a value and how to encode it, so that a message is
/// encoded straight into the memory it leaves from. Refers to the value, which must outlive it.
class payload {
 public:
  payload() noexcept = default;
  /// Bytes that are there already.
  explicit payload(std::span<const std::byte> bytes) noexcept
      : value_(bytes.data()), size_(bytes.size()), write_(nullptr) {}
  /// `write(at, value)` writes exactly `size` bytes at `at`.
  payload(const void* value, std::size_t size, void (*write)(std::byte* at, const void* value)) noexcept
      : value_(value), size_(size), write_(write) {}

  std::size_t size() const noexcept { return size_; }
  void write_to(std::byte* at) const {
    if (write_ != nullptr)
      write_(at, value_);
    else if (size_ != 0)
      std::memcpy(at, value_, size_);
  }

 private:
  const void* value_ = nullptr;
  std::size_t size_ = 0;
  void (*write_)(std::byte*, const void*) = nullptr;
};

}  // namespace coseal
