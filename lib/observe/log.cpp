#include <coseal/log.hpp>

#include <cstdio>

namespace coseal {

std::string_view to_string(log_level level) noexcept {
  switch (level) {
    case log_level::debug:
      return "debug";
    case log_level::info:
      return "info";
    case log_level::warning:
      return "warning";
    case log_level::error:
      return "error";
  }
  return "?";
}

void log::hand_over(log_level level, std::string_view component, std::string_view message,
                    const log_fields& fields) const {
  log_entry entry;
  entry.time = std::chrono::system_clock::now();
  entry.level = level;
  entry.component = component;
  entry.message = message;
  entry.fields = fields.all();
  sink_->write(entry);
}

log_output standard_error() {
  return [](std::string_view line) {
    std::fwrite(line.data(), 1, line.size(), stderr);
    std::fflush(stderr);
  };
}

}  // namespace coseal
