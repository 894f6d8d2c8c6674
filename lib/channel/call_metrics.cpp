#include "channel/call_metrics.hpp"

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

constexpr const char* calls_name = "coseal_calls_total";
constexpr const char* calls_help = "Calls that ended, by how.";
constexpr const char* unknown_action_word = "(unknown)";

constexpr std::array every_error_kind = {error_kind::declared,  error_kind::failed,   error_kind::no_handler,
                                         error_kind::malformed, error_kind::level,    error_kind::refused,
                                         error_kind::busy,      error_kind::draining, error_kind::timed_out,
                                         error_kind::cancelled, error_kind::duplex};
constexpr std::array every_call_outcome = {call_outcome::replied, call_outcome::declared_error,
                                           call_outcome::unexpected_error, call_outcome::not_sent,
                                           call_outcome::unknown};

std::vector<std::string_view> words_of(call_span::side side) {
  std::vector<std::string_view> words;
  if (side == call_span::side::client) {
    for (const call_outcome each : every_call_outcome) words.push_back(outcome_word(each));
  } else {
    words.push_back(outcome_word(std::nullopt));
    for (const error_kind each : every_error_kind) words.push_back(outcome_word(each));
  }
  return words;
}

std::string word_of(call_span::side side) {
  return side == call_span::side::client ? "client" : "server";
}

}  // namespace

std::string_view outcome_word(std::optional<error_kind> why) noexcept {
  if (!why) return "replied";
  switch (*why) {
    case error_kind::declared:
      return "declared_error";
    case error_kind::failed:
      return "handler_failed";
    case error_kind::no_handler:
      return "no_handler";
    case error_kind::malformed:
      return "malformed_input";
    case error_kind::level:
      return "level_too_low";
    case error_kind::refused:
      return "refused";
    case error_kind::busy:
      return "busy";
    case error_kind::draining:
      return "draining";
    case error_kind::timed_out:
      return "timed_out";
    case error_kind::cancelled:
      return "cancelled";
    case error_kind::duplex:
      return "needs_duplex";
    case error_kind::not_kept:
      return "not_kept";
  }
  return "handler_failed";
}

std::string_view outcome_word(call_outcome how) noexcept {
  switch (how) {
    case call_outcome::replied:
      return "replied";
    case call_outcome::declared_error:
      return "declared_error";
    case call_outcome::unexpected_error:
      return "unexpected_error";
    case call_outcome::not_sent:
      return "not_sent";
    case call_outcome::unknown:
      return "unknown";
  }
  return "unknown";
}

std::shared_ptr<const call_watch> call_watch::make(const observation& by, call_span::side side,
                                                   std::vector<std::string> names) {
  if (!by.numbers && !by.spans) return nullptr;
  return std::shared_ptr<const call_watch>(new call_watch(by, side, std::move(names)));
}

call_watch::call_watch(const observation& by, call_span::side side, std::vector<std::string> names)
    : side_(side), names_(std::move(names)), spans_(by.spans) {
  if (!by.numbers) return;
  const metrics& numbers = *by.numbers;
  const std::string of = word_of(side);
  for (const std::string& name : names_) {
    of_action made;
    for (const std::string_view word : words_of(side))
      made.outcomes.emplace_back(
          word, numbers.add_counter(calls_name, calls_help,
                                    {{"side", of}, {"action", name}, {"outcome", std::string(word)}}));
    made.time = numbers.add_histogram(
        "coseal_call_seconds", "From a call's beginning to its end, at the side that is named.",
        {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30},
        {{"side", of}, {"action", name}});
    actions_.push_back(std::move(made));
  }
  if (side == call_span::side::server)
    unknown_ = numbers.add_counter(calls_name, calls_help,
                                   {{"side", of},
                                    {"action", unknown_action_word},
                                    {"outcome", std::string(outcome_word(error_kind::no_handler))}});
}

void call_watch::begin(watched_call& call, std::uint64_t position,
                       const std::optional<trace_context>& parent) const {
  if (position >= names_.size()) return;
  call.by_ = shared_from_this();
  call.position_ = position;
  call.began_ = std::chrono::steady_clock::now();
  call.trace_ = parent;
  if (!spans_) return;
  call_span& span = call.span_.emplace();
  span.context = parent ? child_of(*parent) : new_trace();
  if (parent) span.parent = parent->span_id;
  span.of = side_;
  span.name = names_[position];
  span.began = std::chrono::system_clock::now();
  call.trace_ = span.context;
  spans_->started(span);
}

void call_watch::refused(std::uint64_t position, const std::optional<trace_context>& parent,
                         error_kind why) const {
  if (position >= names_.size()) return unknown_.add();
  watched_call call;
  begin(call, position, parent);
  call.ended(outcome_word(why));
}

server_metrics::server_metrics(const metrics& of)
    : clients(of.add_gauge("coseal_server_clients", "Clients that are connected to servers of channels.")),
      calls(of.add_gauge("coseal_calls_running", "Calls of connections that handlers work on.")),
      push_queue(of.add_gauge("coseal_push_queue", "Pushes that wait for clients.")) {
  const auto pushes = [&](const char* result) {
    return of.add_counter("coseal_pushes_total", "Pushes to clients, by what became of them.",
                          {{"result", result}});
  };
  pushes_sent = pushes("sent");
  pushes_dropped = pushes("dropped");
  pushes_lost = pushes("lost");
}

watched_call::~watched_call() {
  if (!by_) return;
  ended(by_->side_ == call_span::side::client ? outcome_word(call_outcome::unknown)
                                              : outcome_word(error_kind::cancelled));
}

void watched_call::ended(std::string_view outcome) noexcept {
  const auto by = std::exchange(by_, nullptr);
  if (!by) return;
  const auto took = std::chrono::steady_clock::now() - began_;
  if (position_ < by->actions_.size()) {
    const auto& of = by->actions_[position_];
    const auto found = std::ranges::find(of.outcomes, outcome, &std::pair<std::string_view, counter>::first);
    if (found != of.outcomes.end()) found->second.add();
    of.time.observe(took);
  }
  if (!span_) return;
  span_->took = took;
  span_->outcome = outcome;
  by->spans_->ended(*span_);
}

}  // namespace coseal
