#pragma once

#include "crypto/hash.hpp"

#include <coseal/exchange.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coseal {

/// A set of 128-bit fingerprints that grows as it is filled, with open addressing.
class fingerprint_set {
 public:
  using fingerprint = std::array<std::uint64_t, 2>;

  bool contains(const fingerprint& one) const noexcept;
  void insert(const fingerprint& one);
  std::size_t size() const noexcept { return size_; }
  void clear() noexcept;

 private:
  void place(const fingerprint& one) noexcept;

  std::vector<fingerprint> slots_;  // a power of two; all zero: empty
  std::size_t size_ = 0;
};

/// Knows which requests were seen. Thread-safe.
class replay_policy::guard {
 public:
  virtual ~guard() = default;
  /// Whether it can promise that a request which names this process (or another one) is handled once.
  virtual bool promises(bool names_this_process) const noexcept = 0;
  /// True for a request that was not seen before; `made` is the time it names, `now` R's. errc::busy when it
  /// is full: nothing is forgotten for a newcomer. condition::storage.
  virtual task<result<bool>> insert(digest request, std::chrono::milliseconds made,
                                    std::chrono::milliseconds now) = 0;
};

}  // namespace coseal
