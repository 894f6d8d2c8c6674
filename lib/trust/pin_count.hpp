#pragma once

#include <chrono>
#include <cstddef>
#include <mutex>
#include <optional>

namespace coseal {

/// How many pins a store holds, without listing it for each newcomer: counted once, kept up by our own
/// writes, and counted again when others may have moved it: after a minute, and near the limit after a
/// second. Thread-safe.
class pin_count {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Where a count that runs began.
  struct recount {
    std::size_t added_before = 0;
  };

  explicit pin_count(std::size_t limit) noexcept : limit_(limit) {}

  /// Something if the caller shall list the store and report counted(). Of many callers one is told so,
  /// unless nobody knows the count yet; a count that is given up is taken up by a later caller.
  std::optional<recount> begin_recount(time_point now);
  void counted(recount begun, std::size_t pins);
  void added();
  bool full() const;

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::optional<std::size_t> count_;
  std::size_t added_ = 0;  ///< by us, since the start
  time_point begun_at_;
};

}  // namespace coseal
