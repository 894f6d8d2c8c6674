#include "observe/log_text.hpp"

#include <mutex>

namespace coseal {
namespace {

/// Lines are made beside each other and written one by one.
class line_sink final : public log_sink {
 public:
  using form = std::string (*)(const log_entry&);
  line_sink(form shape, log_output to) : shape_(shape), to_(std::move(to)) {}

  void write(const log_entry& entry) override {
    const std::string line = shape_(entry);
    const std::lock_guard lock(mutex_);
    to_(line);
  }

 private:
  const form shape_;
  std::mutex mutex_;
  const log_output to_;
};

}  // namespace

std::shared_ptr<log_sink> human_log(log_output to) {
  return std::make_shared<line_sink>(human_line, std::move(to));
}

std::shared_ptr<log_sink> json_log(log_output to) {
  return std::make_shared<line_sink>(json_line_of, std::move(to));
}

}  // namespace coseal
