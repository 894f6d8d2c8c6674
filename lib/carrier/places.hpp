#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace coseal {

/// How many of something may exist, in all and by source. Thread-safe; made by std::make_shared.
class places : public std::enable_shared_from_this<places> {
 public:
  places(std::size_t in_all, std::size_t a_source) noexcept : most_(in_all), most_a_source_(a_source) {}

  /// A place, given back when the last copy goes; null where there is none left. An empty source counts in
  /// the total alone.
  std::shared_ptr<void> take(const std::string& source);
  std::size_t taken() const;
  std::size_t most() const noexcept { return most_; }

 private:
  class place;
  void give_back(const std::string& source) noexcept;

  const std::size_t most_, most_a_source_;
  mutable std::mutex mutex_;
  std::size_t taken_ = 0;
  std::map<std::string, std::size_t> by_source_;
};

}  // namespace coseal
