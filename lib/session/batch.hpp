#pragma once

#include "bytes/slab.hpp"

#include <coseal/asio.hpp>
#include <coseal/frame.hpp>

#include <cstddef>
#include <cstring>
#include <span>
#include <vector>

namespace coseal {

/// What leaves in one gathered write: bytes in a slab of its own, and bytes that lie elsewhere, in order.
class batch {
 public:
  bool empty() const noexcept { return bytes_ == 0; }
  std::size_t bytes() const noexcept { return bytes_; }
  std::size_t pieces() const noexcept { return pieces_.size(); }

  bool has_memory() const noexcept { return static_cast<bool>(slab_); }
  bool is_large(std::size_t at_least) const noexcept { return slab_->capacity() >= at_least; }
  void use(slab_ref memory) noexcept {
    slab_ = std::move(memory);
    at_ = slab_->data();
    end_ = at_ + slab_->capacity();
  }
  /// Goes on in larger memory; what is appended stays where it is.
  void grow(slab_ref memory) {
    if (!empty()) held_.push_back(std::move(slab_));
    use(std::move(memory));
  }
  /// Room in the slab behind what is appended.
  std::byte* at() const noexcept { return at_; }
  std::size_t room() const noexcept { return static_cast<std::size_t>(end_ - at_); }

  /// Takes the next n bytes of the slab, which have been written.
  void append_own(std::size_t n) {
    if (!pieces_.empty() && last_own_end_ == at_)
      pieces_.back() = asio::const_buffer(pieces_.back().data(), pieces_.back().size() + n);
    else
      pieces_.emplace_back(at_, n);
    at_ += n;
    last_own_end_ = at_;
    bytes_ += n;
  }
  /// Takes bytes that stay where they are until they are written.
  void append_external(std::span<const std::byte> bytes) {
    pieces_.emplace_back(bytes.data(), bytes.size());
    last_own_end_ = nullptr;
    bytes_ += bytes.size();
    has_borrowed_ = true;
  }
  /// The same, kept alive by the batch.
  void append_held(slab_ref owner, std::span<const std::byte> bytes) {
    const bool borrowed = has_borrowed_;
    append_external(bytes);
    has_borrowed_ = borrowed;
    held_.push_back(std::move(owner));
  }
  /// Copies what is still borrowed from callers, so that they may go.
  void adopt_borrowed() {
    if (!has_borrowed_) return;
    slab_ref copy = slab::acquire(bytes_ - written_);
    std::byte* to = copy->data();
    for (std::size_t i = first_; i < pieces_.size(); ++i) {
      std::memcpy(to, pieces_[i].data(), pieces_[i].size());
      to += pieces_[i].size();
    }
    pieces_.clear();
    first_ = 0;
    pieces_.emplace_back(copy->data(), static_cast<std::size_t>(to - copy->data()));
    last_own_end_ = nullptr;
    held_.push_back(std::move(copy));
    has_borrowed_ = false;
  }

  std::span<const asio::const_buffer> unwritten() const noexcept {
    return std::span(pieces_).subspan(first_);
  }
  /// n bytes have left; true when all have.
  bool written(std::size_t n) noexcept {
    written_ += n;
    while (n > 0) {
      auto& piece = pieces_[first_];
      if (n < piece.size()) {
        piece += n;
        break;
      }
      n -= piece.size();
      ++first_;
    }
    return written_ == bytes_;
  }
  /// Empty again; keeps the slab if it may be reused.
  void clear() noexcept {
    pieces_.clear();
    held_.clear();
    first_ = 0;
    bytes_ = written_ = 0;
    last_own_end_ = nullptr;
    has_borrowed_ = false;
    if (slab_) at_ = slab_->data();
  }
  void give_memory_back() noexcept {
    slab_ = {};
    at_ = end_ = nullptr;
  }
  void give_pieces_back() noexcept {
    // A few pieces' worth stays: a session that talks now and then does not allocate for it.
    if (pieces_.capacity() > 8) std::vector<asio::const_buffer>().swap(pieces_);
    if (held_.capacity() > 8) std::vector<slab_ref>().swap(held_);
  }

 private:
  slab_ref slab_;
  std::byte* at_ = nullptr;
  std::byte* end_ = nullptr;
  std::byte* last_own_end_ = nullptr;
  std::vector<asio::const_buffer> pieces_;
  std::vector<slab_ref> held_;
  std::size_t first_ = 0;
  std::size_t bytes_ = 0;
  std::size_t written_ = 0;
  bool has_borrowed_ = false;
};

}  // namespace coseal
