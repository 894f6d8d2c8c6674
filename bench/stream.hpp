#pragma once
// The one-way stream: a sender and a receiver, each with a thread and an io_context of its own, one
// connection. What counts is messages handed to the receiving application.

#include "contest.hpp"
#include "options.hpp"
#include "window.hpp"

#include <coseal/security_level.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace coseal::bench {

/// One stream run.
struct stream_load {
  carrier_kind carrier = carrier_kind::tcp;
  std::string congestion;
  std::size_t message_size = 0;
  std::chrono::nanoseconds warm_up{0};
  std::chrono::nanoseconds length{0};
  bool pin = true;
  security_level level = security_level::none;  ///< of subject and floor
  std::string aead;
};

run_result stream_baseline(const stream_load& load);
run_result stream_session(const stream_load& load, api_form form);
run_result stream_floor(const stream_load& load);

/// The message that every contestant sends, over and over.
std::vector<std::byte> stream_message(std::size_t size);

/// What the receiving application does with messages: it looks at the first and the last byte of each. The
/// sum shows afterwards that what came is what was sent.
class stream_reader {
 public:
  explicit stream_reader(const stream_load& load) : window_(load.warm_up, load.length) {}

  void message(std::span<const std::byte> bytes) {
    sum_ += std::to_integer<std::uint64_t>(bytes.front()) + std::to_integer<std::uint64_t>(bytes.back());
    ++in_batch_;
  }
  /// Behind the messages of one read; asks the sender to stop when the time is over.
  void batch_ends() {
    window_.add(in_batch_);
    in_batch_ = 0;
    if (window_.over()) enough_.store(true, std::memory_order_relaxed);
  }
  /// For the sender.
  bool enough() const { return enough_.load(std::memory_order_relaxed); }
  /// After the stream has ended. Throws if messages were lost, doubled or changed.
  run_result result(std::uint64_t sent, std::span<const std::byte> message) const;

 private:
  window window_;
  std::uint64_t sum_ = 0;
  std::uint64_t in_batch_ = 0;
  alignas(64) std::atomic<bool> enough_{false};
};

}  // namespace coseal::bench
