#pragma once

#include <array>
#include <cstddef>
#include <span>

namespace coseal {

/// Overwrites memory so that the compiler can not leave it out.
void wipe(std::span<std::byte> memory) noexcept;

/// True if both spans hold the same bytes; takes the same time wherever they differ.
bool equal_constant_time(std::span<const std::byte> a, std::span<const std::byte> b) noexcept;

/// N secret bytes: moved, never copied by accident, wiped when they go. Never printed, never compared with
/// ==.
template <std::size_t N>
class secret {
 public:
  static constexpr std::size_t size = N;

  secret() noexcept = default;
  explicit secret(std::span<const std::byte, N> bytes) noexcept {
    for (std::size_t i = 0; i < N; ++i) bytes_[i] = bytes[i];
  }
  secret(secret&& other) noexcept : bytes_(other.bytes_) { wipe(other.bytes_); }
  secret& operator=(secret&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      wipe(other.bytes_);
    }
    return *this;
  }
  secret(const secret&) = delete;
  secret& operator=(const secret&) = delete;
  ~secret() { wipe(bytes_); }

  secret clone() const noexcept { return secret(view()); }
  std::span<const std::byte, N> view() const noexcept { return bytes_; }
  std::span<std::byte, N> writable() noexcept { return bytes_; }

 private:
  std::array<std::byte, N> bytes_{};
};

using secret32 = secret<32>;

}  // namespace coseal
