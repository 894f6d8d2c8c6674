#pragma once

#include <coseal/frame.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coseal {

/// A block of pooled, reference-counted memory; its bytes follow the object, 64-byte aligned.
class alignas(64) slab {
 public:
  /// At least `capacity` bytes, from the pool of its size class where there is one. Uninitialised.
  static slab_ref acquire(std::size_t capacity);

  /// Gives up to `most` blocks of each size back that the pool keeps and nobody uses.
  static void shed(std::size_t most) noexcept;

  std::byte* data() noexcept { return reinterpret_cast<std::byte*>(this + 1); }
  std::size_t capacity() const noexcept { return capacity_; }
  std::span<std::byte> bytes() noexcept { return {data(), capacity_}; }
  /// True if the caller's reference is the only one: the bytes may be written again.
  bool unique() const noexcept { return references_.load(std::memory_order_acquire) == 1; }

 private:
  friend void retain(slab& memory) noexcept;
  friend void release(slab& memory) noexcept;
  friend class slab_pool;
  explicit slab(std::size_t capacity, unsigned size_class) noexcept
      : capacity_(capacity), size_class_(size_class) {}

  std::atomic<std::uint32_t> references_{1};
  std::size_t capacity_;
  unsigned size_class_;
  slab* next_free_ = nullptr;
};

}  // namespace coseal
