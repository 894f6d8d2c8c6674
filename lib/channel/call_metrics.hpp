#pragma once
// What of calls is counted and traced. Nothing of it costs anything while nobody watches.

#include "channel/call_message.hpp"
#include "observe/observation.hpp"

#include <coseal/call_error.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// How a call ended at the server, as a label: what its last message says. None: it has an answer.
std::string_view outcome_word(std::optional<error_kind> why) noexcept;
/// The same at the client.
std::string_view outcome_word(call_outcome how) noexcept;

class call_watch;

/// The series of a server's connections and pushes.
struct server_metrics {
  explicit server_metrics(const metrics& of);

  gauge clients, calls, push_queue;
  counter pushes_sent, pushes_dropped, pushes_lost;
};

/// One call that is watched, from its arrival to its end.
class watched_call {
 public:
  watched_call() noexcept = default;
  watched_call(const watched_call&) = delete;
  watched_call& operator=(const watched_call&) = delete;
  /// One whose coroutine went without an end has one nevertheless.
  ~watched_call();

  /// What those who are called from here are told to be the parent; none where nobody traces.
  const std::optional<trace_context>& trace() const noexcept { return trace_; }
  /// Once; later words change nothing.
  void ended(std::string_view outcome) noexcept;

 private:
  friend class call_watch;
  std::shared_ptr<const call_watch> by_;
  std::uint64_t position_ = 0;
  std::chrono::steady_clock::time_point began_;
  std::optional<trace_context> trace_;
  std::optional<call_span> span_;
};

/// Who watches the calls of one side of one channel.
class call_watch : public std::enable_shared_from_this<call_watch> {
 public:
  /// `names` by position.
  static std::shared_ptr<const call_watch> make(const observation& by, call_span::side side,
                                                std::vector<std::string> names);

  void begin(watched_call& call, std::uint64_t position, const std::optional<trace_context>& parent) const;
  /// One that ends before it begins.
  void refused(std::uint64_t position, const std::optional<trace_context>& parent, error_kind why) const;

 private:
  friend class watched_call;
  /// The series of one action.
  struct of_action {
    std::vector<std::pair<std::string_view, counter>> outcomes;
    histogram time;
  };
  call_watch(const observation& by, call_span::side side, std::vector<std::string> names);

  const call_span::side side_;
  const std::vector<std::string> names_;
  const std::shared_ptr<tracer> spans_;
  std::vector<of_action> actions_;  // by position; empty where nobody counts
  counter unknown_;
};

}  // namespace coseal
