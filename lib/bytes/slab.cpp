#include "bytes/slab.hpp"

#include <array>
#include <bit>
#include <mutex>
#include <new>
#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define COSEAL_POOL_NOTHING 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COSEAL_POOL_NOTHING 1
#endif
#endif

namespace coseal {
namespace {

// Whole pages with the header inside: 4 KiB to 1 MiB; larger blocks come and go one by one.
constexpr unsigned smallest_shift = 12;
constexpr unsigned largest_shift = 20;
constexpr unsigned no_class = largest_shift + 1;
#if defined(COSEAL_POOL_NOTHING)
constexpr std::size_t kept_bytes_a_class = 0;  // so that the address sanitizer sees a use after release
#else
constexpr std::size_t kept_bytes_a_class = 8U << 20;
#endif

}  // namespace

class slab_pool {
 public:
  static slab_pool& instance() {
    static auto* pool = new slab_pool;  // frames may outlive static destruction
    return *pool;
  }

  slab* take(std::size_t capacity) {
    const std::size_t total = capacity + sizeof(slab);
    if (total > std::size_t{1} << largest_shift) return make(total, no_class);
    const unsigned shift = std::max(smallest_shift, static_cast<unsigned>(std::bit_width(total - 1)));
    size_class& free = classes_[shift - smallest_shift];
    {
      const std::lock_guard lock(free.mutex);
      if (slab* memory = free.first; memory != nullptr) {
        free.first = memory->next_free_;
        --free.count;
        memory->references_.store(1, std::memory_order_relaxed);
        return memory;
      }
    }
    return make(std::size_t{1} << shift, shift);
  }

  void give(slab* memory) noexcept {
    if (memory->size_class_ != no_class) {
      size_class& free = classes_[memory->size_class_ - smallest_shift];
      const std::lock_guard lock(free.mutex);
      if (free.count < kept_bytes_a_class >> memory->size_class_) {
        memory->next_free_ = free.first;
        free.first = memory;
        ++free.count;
        return;
      }
    }
    destroy(memory);
  }

  void shed(std::size_t most) noexcept {
    for (size_class& free : classes_) {
      for (std::size_t i = 0; i < most; ++i) {
        slab* memory = nullptr;
        {
          const std::lock_guard lock(free.mutex);
          if (free.first == nullptr) break;
          memory = std::exchange(free.first, free.first->next_free_);
          --free.count;
        }
        destroy(memory);
      }
    }
  }

 private:
  struct alignas(64) size_class {
    std::mutex mutex;
    slab* first = nullptr;
    std::size_t count = 0;
  };

  static void destroy(slab* memory) noexcept {
    memory->~slab();
    ::operator delete(memory, std::align_val_t(alignof(slab)));
  }
  static slab* make(std::size_t total, unsigned shift) {
    void* memory = ::operator new(total, std::align_val_t(alignof(slab)));
    return new (memory) slab(total - sizeof(slab), shift);
  }

  std::array<size_class, largest_shift - smallest_shift + 1> classes_;
};

slab_ref slab::acquire(std::size_t capacity) {
  return slab_ref(slab_pool::instance().take(capacity));
}

void slab::shed(std::size_t most) noexcept {
  slab_pool::instance().shed(most);
}

void retain(slab& memory) noexcept {
  memory.references_.fetch_add(1, std::memory_order_relaxed);
}

void release(slab& memory) noexcept {
  if (memory.references_.fetch_sub(1, std::memory_order_acq_rel) == 1) slab_pool::instance().give(&memory);
}

}  // namespace coseal
