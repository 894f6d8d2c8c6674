#include "carrier/places.hpp"

#include <utility>

namespace coseal {

class places::place {
 public:
  place(std::shared_ptr<places> of, std::string source) : of_(std::move(of)), source_(std::move(source)) {}
  place(const place&) = delete;
  place& operator=(const place&) = delete;
  ~place() { of_->give_back(source_); }

 private:
  std::shared_ptr<places> of_;
  std::string source_;
};

std::shared_ptr<void> places::take(const std::string& source) {
  {
    const std::lock_guard lock(mutex_);
    if (taken_ >= most_) return nullptr;
    if (!source.empty()) {
      std::size_t& of_source = by_source_[source];
      if (of_source >= most_a_source_) {
        if (of_source == 0) by_source_.erase(source);
        return nullptr;
      }
      ++of_source;
    }
    ++taken_;
  }
  return std::make_shared<place>(shared_from_this(), source);
}

std::size_t places::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

void places::give_back(const std::string& source) noexcept {
  const std::lock_guard lock(mutex_);
  --taken_;
  if (source.empty()) return;
  const auto of_source = by_source_.find(source);
  if (--of_source->second == 0) by_source_.erase(of_source);
}

}  // namespace coseal
