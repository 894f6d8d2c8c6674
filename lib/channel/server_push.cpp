// Pushes to one client: straight into the session while it keeps up, else through a bounded queue.

#include "channel/message_send.hpp"
#include "channel/server_connection.hpp"
#include "channel/server_settings.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <algorithm>

namespace coseal {

bool server_connection::try_push(const shared_message& message, std::size_t body, push_report& report) {
  const push_options& options = settings_->pushes;
  bool begin = false, close = false;
  {
    const lock_type lock(mutex_);
    if (ended_) return true;
    if (away_) {
      ++counters_.pushed;
      waiting_bytes_ += message->size();
      pushes_.push_back({message, body});
      limit_away_pushes(&report);
      return true;
    }
    const bool full = pushes_.size() >= most_waiting_pushes();
    if (full && options.policy == push_policy::wait) return false;
    ++counters_.pushed;
    if (pushes_.empty() && !sending_pushes_ && push_credit_.open() && !over_->try_queue(*message)) {
      push_credit_.spend(body);
      ++counters_.sent;
      if (kept_) kept_->pushes.sent({message, body});
      return true;
    }
    if (full && (options.policy == push_policy::drop_newest || options.queue == 0)) {
      ++counters_.dropped;
      ++report.dropped;
      return true;
    }
    if (full && options.policy == push_policy::drop_oldest) {
      pushes_.pop_front();
      ++counters_.dropped;
      ++report.dropped;
    }
    close = full && options.policy == push_policy::close;
    if (close)
      ++counters_.lost;
    else
      pushes_.push_back({message, body});
    begin = !close && !std::exchange(sending_pushes_, true);
  }
  if (close) {
    ++report.closed;
    abort();
  }
  if (begin) asio::co_spawn(strand_, send_pushes(self()), asio::detached);
  return true;
}

/// One that waits for room waits for a place.
std::size_t server_connection::most_waiting_pushes() const noexcept {
  const push_options& options = settings_->pushes;
  return options.policy == push_policy::wait ? std::max<std::size_t>(options.queue, 1) : options.queue;
}

task<result<void>> server_connection::wait_for_push_room(wait_bounds bounds) {
  const auto ready = [this](std::error_code&) {
    return ended_ || away_ || pushes_.size() < most_waiting_pushes();
  };
  co_return co_await wait(self(), push_room_, std::move(bounds), 0, ready);
}

/// Until nothing waits any more.
task<void> server_connection::send_pushes(std::shared_ptr<server_connection> self) {
  for (;;) {
    const auto ready = [&self](std::error_code&) {
      return self->ended_ || (!self->away_ && self->push_credit_.open());
    };
    static_cast<void>(co_await wait(self, self->push_sender_, wait_bounds(), 0, ready));
    waiting_push next;
    std::shared_ptr<session> over;
    bool numbered = false;
    {
      completions done(resume_by::post);
      const lock_type lock(self->mutex_);
      if (self->ended_ || (!self->away_ && self->pushes_.empty())) {
        self->sending_pushes_ = false;
        co_return;
      }
      if (self->away_ || !self->push_credit_.open()) continue;
      next = std::move(self->pushes_.front());
      self->pushes_.pop_front();
      self->push_credit_.spend(next.body);
      over = self->over_;
      numbered = self->kept_ != nullptr;
      if (numbered) {
        // Before it leaves: if the connection goes meanwhile, nobody knows whether it has.
        self->kept_->pushes.sent(next);
        ++self->counters_.sent;
      }
      self->push_leaves_ = true;
      done.add_all(self->push_room_, {});
    }
    const auto sent = co_await over->send(as_result, *next.message);
    const lock_type lock(self->mutex_);
    self->push_leaves_ = false;
    if (!numbered) {
      ++(sent ? self->counters_.sent : self->counters_.lost);
    } else if (sent.error() == errc::frame_too_large && over == self->over_ && !self->away_) {
      self->kept_->pushes.take_back();
      --self->counters_.sent;
      ++self->counters_.lost;
    }
  }
}

push_counters server_connection::counters() const {
  const lock_type lock(mutex_);
  push_counters now = counters_;
  now.waiting = now.pushed - now.sent - now.dropped - now.lost;
  return now;
}

}  // namespace coseal
