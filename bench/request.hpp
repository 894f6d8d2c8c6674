#pragma once
// Requests and replies over one connection: a client that keeps `outstanding` requests under way and a server
// that sends each one back. With one outstanding it is a ping-pong.

#include "contest.hpp"
#include "options.hpp"
#include "statistics.hpp"
#include "window.hpp"

#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace coseal::bench {

/// One request run.
struct request_load {
  carrier_kind carrier = carrier_kind::tcp;
  std::string congestion;
  std::size_t message_size = 64;
  std::size_t outstanding = 64;
  std::chrono::nanoseconds warm_up{0};
  std::chrono::nanoseconds length{0};
  bool pin = true;
  bool one_thread = false;  ///< both ends on one io_context
  security_level level = security_level::none;
  std::string aead;
};

run_result request_baseline(const request_load& load);
run_result request_session(const request_load& load);

/// What the client knows of its requests: how many are due, when each under way was sent. Replies come in
/// order.
class request_meter {
 public:
  using clock = std::chrono::steady_clock;

  explicit request_meter(const request_load& load)
      : window_(load.warm_up, load.length), sent_at_(load.outstanding), due_(load.outstanding) {}

  /// Requests to send now.
  std::size_t due() const { return due_; }
  void sent_all_due() {
    const auto now = clock::now();
    for (; due_ > 0; --due_) {
      sent_at_[next_sent_] = now;
      next_sent_ = next_sent_ + 1 == sent_at_.size() ? 0 : next_sent_ + 1;
    }
  }
  void replied(std::size_t n) {
    const auto now = clock::now();
    for (std::size_t i = 0; i < n; ++i) {
      latencies_.add(now - sent_at_[next_reply_]);
      next_reply_ = next_reply_ + 1 == sent_at_.size() ? 0 : next_reply_ + 1;
    }
    due_ += n;
    if (window_.add(n, now)) latencies_.clear();
  }
  bool over() const { return window_.over(); }
  /// Throws if the time did not pass: the connection ended early.
  run_result result();

 private:
  window window_;
  latencies latencies_;
  std::vector<clock::time_point> sent_at_;  // a ring, one place for each request under way
  std::size_t due_;
  std::size_t next_sent_ = 0;
  std::size_t next_reply_ = 0;
};

}  // namespace coseal::bench
