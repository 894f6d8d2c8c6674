#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace coseal {

enum class log_level : std::uint8_t {
  debug,    ///< every call, every attempt
  info,     ///< connections come and go, first contacts
  warning,  ///< refused, lost, degraded
  error,    ///< somebody should look: a handler that throws, another key than the pinned one
};
/// "debug", "info", ...
std::string_view to_string(log_level level) noexcept;

/// What stands beside a message. `text` may be a peer's: sinks escape it.
struct log_field {
  std::string_view name;
  std::variant<std::string, std::int64_t, double, bool> value;
};

/// The fields of one entry, put in only when somebody reads them.
class log_fields {
 public:
  log_fields& add(std::string_view name, std::string value) {
    return fields_.push_back({name, std::move(value)}), *this;
  }
  log_fields& add(std::string_view name, std::string_view value) { return add(name, std::string(value)); }
  log_fields& add(std::string_view name, const char* value) { return add(name, std::string(value)); }
  log_fields& add(std::string_view name, double value) { return fields_.push_back({name, value}), *this; }
  log_fields& add(std::string_view name, std::same_as<bool> auto value) {
    return fields_.push_back({name, value}), *this;
  }
  template <std::integral Integer>
  requires(!std::same_as<Integer, bool>) log_fields& add(std::string_view name, Integer value) {
    return fields_.push_back({name, static_cast<std::int64_t>(value)}), *this;
  }

  std::span<const log_field> all() const noexcept { return fields_; }

 private:
  std::vector<log_field> fields_;
};

/// One thing that happened.
struct log_entry {
  std::chrono::system_clock::time_point time;
  log_level level = log_level::info;
  std::string_view component;  ///< "session", "client", "server", "pins", ...
  std::string_view message;    ///< always the same for the same thing; what differs stands in the fields
  std::span<const log_field> fields;
};

/// Where entries go.
class log_sink {
 public:
  virtual ~log_sink() = default;
  /// From any thread, several at once. What it throws is dropped.
  virtual void write(const log_entry& entry) = 0;
};

/// What coseal tells about its work. Silent as it is made by default. A handle, copied freely. Keys, tokens
/// and what is in calls and frames never stand in it.
class log {
 public:
  log() noexcept = default;
  log(std::shared_ptr<log_sink> to, log_level least = log_level::info) noexcept
      : sink_(std::move(to)), least_(least) {}

  bool is_on(log_level level) const noexcept { return sink_ && level >= least_; }
  /// `fields(log_fields&)` is called only if the level is on.
  template <std::invocable<log_fields&> F>
  void write(log_level level, std::string_view component, std::string_view message,
             F&& fields) const noexcept {
    if (!is_on(level)) return;
    try {
      log_fields made;
      std::forward<F>(fields)(made);
      hand_over(level, component, message, made);
    } catch (...) {  // the work goes on without its log
    }
  }
  void write(log_level level, std::string_view component, std::string_view message) const noexcept {
    write(level, component, message, [](log_fields&) {});
  }

 private:
  void hand_over(log_level level, std::string_view component, std::string_view message,
                 const log_fields& fields) const;

  std::shared_ptr<log_sink> sink_;
  log_level least_ = log_level::info;
};

/// Takes one whole line, its end included. Called from one thread at a time.
using log_output = std::function<void(std::string_view line)>;
/// Standard error.
log_output standard_error();

/// Lines for people: `2026-01-31T12:00:00.000Z info session connected peer=backend level=encrypted`.
/// Characters that could steer a terminal, forge a line or reorder text are shown as escapes.
std::shared_ptr<log_sink> human_log(log_output to = standard_error());
/// One JSON object a line: time, level, component, message, then the fields.
std::shared_ptr<log_sink> json_log(log_output to = standard_error());

}  // namespace coseal
