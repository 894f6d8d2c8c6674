#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <string_view>
#include <utility>

namespace coseal {

class slab;
void retain(slab& memory) noexcept;
void release(slab& memory) noexcept;

/// Shared ownership of pooled memory that frames point into.
class slab_ref {
 public:
  slab_ref() noexcept = default;
  /// Takes over one reference.
  explicit slab_ref(slab* adopted) noexcept : slab_(adopted) {}
  slab_ref(const slab_ref& other) noexcept : slab_(other.slab_) {
    if (slab_ != nullptr) retain(*slab_);
  }
  slab_ref(slab_ref&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  slab_ref& operator=(slab_ref other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~slab_ref() {
    if (slab_ != nullptr) release(*slab_);
  }
  slab* operator->() const noexcept { return slab_; }
  slab& operator*() const noexcept { return *slab_; }
  explicit operator bool() const noexcept { return slab_ != nullptr; }

 private:
  slab* slab_ = nullptr;
};

/// One received message: a view that keeps the memory it lies in alive. Holding many small frames for long
/// holds the large slabs they came in; copy what is to be kept.
class frame {
 public:
  frame() noexcept = default;
  frame(slab_ref owner, std::span<const std::byte> bytes) noexcept
      : owner_(std::move(owner)), bytes_(bytes) {}

  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::string_view text() const noexcept {
    return {reinterpret_cast<const char*>(bytes_.data()), bytes_.size()};
  }

 private:
  slab_ref owner_;
  std::span<const std::byte> bytes_;
};

/// The frames of one record, in order: a range of std::span<const std::byte>, valid as long as the batch
/// lives. Validated before it is handed out; iterating allocates and copies nothing.
class frame_batch {
 public:
  class iterator {
   public:
    using value_type = std::span<const std::byte>;
    using difference_type = std::ptrdiff_t;
    using iterator_concept = std::forward_iterator_tag;

    iterator() noexcept = default;
    value_type operator*() const noexcept { return {at_, size_}; }
    iterator& operator++() noexcept {
      const std::byte* next = at_ + size_;
      if (next == end_) {
        at_ = nullptr;
      } else {
        enter(next);
      }
      return *this;
    }
    iterator operator++(int) noexcept {
      iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const iterator& a, const iterator& b) noexcept { return a.at_ == b.at_; }
    friend bool operator==(const iterator& a, std::default_sentinel_t) noexcept { return a.at_ == nullptr; }

   private:
    friend class frame_batch;
    void enter(const std::byte* prefix) noexcept {
      size_ = std::to_integer<std::size_t>(prefix[0]) << 8 | std::to_integer<std::size_t>(prefix[1]);
      at_ = prefix + 2;
    }
    const std::byte* at_ = nullptr;
    std::size_t size_ = 0;
    const std::byte* end_ = nullptr;
  };

  frame_batch() noexcept = default;

  iterator begin() const noexcept {
    iterator it;
    if (count_ == 0) return it;
    it.end_ = content_.data() + content_.size();
    if (packed_) {
      it.enter(content_.data());
    } else {
      it.at_ = content_.data();
      it.size_ = content_.size();
    }
    return it;
  }
  std::default_sentinel_t end() const noexcept { return {}; }
  std::size_t size() const noexcept { return count_; }
  bool empty() const noexcept { return count_ == 0; }
  /// A frame of this batch that outlives it.
  frame keep(iterator at) const { return frame(owner_, *at); }

 private:
  friend class inbound;
  frame_batch(slab_ref owner, std::span<const std::byte> content, std::size_t count, bool packed) noexcept
      : owner_(std::move(owner)), content_(content), count_(count), packed_(packed) {}

  /// What is left of the batch from `at` on.
  frame_batch from(iterator at) const noexcept {
    if (!packed_) return *this;
    const std::byte* start = at.at_ - 2;
    std::size_t left = 0;
    for (iterator it = at; it != std::default_sentinel; ++it) ++left;
    return frame_batch(owner_, {start, at.end_}, left, true);
  }

  slab_ref owner_;
  std::span<const std::byte> content_;  // of PACK: vec16 after vec16; else one frame, never at a null address
  std::size_t count_ = 0;
  bool packed_ = false;
};

/// Writable bytes inside the pipeline, from session::make_frame: filled once, sealed in place, sent without a
/// copy.
class frame_buffer {
 public:
  frame_buffer() noexcept = default;
  std::span<std::byte> bytes() noexcept { return bytes_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  /// Shortens the frame to its first n bytes, n <= size().
  void truncate(std::size_t n) noexcept {
    if (n < bytes_.size()) bytes_ = bytes_.first(n);
  }

 private:
  friend class outbound;
  frame_buffer(slab_ref owner, std::span<std::byte> bytes) noexcept
      : owner_(std::move(owner)), bytes_(bytes) {}

  slab_ref owner_;
  std::span<std::byte> bytes_;
};

}  // namespace coseal
