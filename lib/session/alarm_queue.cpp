#include "session/alarm_queue.hpp"

#include <asio/dispatch.hpp>
#include <asio/execution/context_as.hpp>
#include <asio/execution_context.hpp>
#include <asio/post.hpp>
#include <asio/query.hpp>

#include <exception>
#include <utility>

namespace coseal {
namespace {

/// The queues of one execution context; clocks are few.
class alarm_queues final : public asio::execution_context::service {
 public:
  using key_type = alarm_queues;
  inline static asio::execution_context::id id;

  explicit alarm_queues(asio::execution_context& context) : service(context) {}

  std::shared_ptr<alarm_queue> find_or_make(const asio::any_io_executor& executor,
                                            std::shared_ptr<clock> time) {
    const std::lock_guard lock(mutex_);
    std::erase_if(queues_, [](const auto& weak) { return weak.expired(); });
    for (const auto& weak : queues_)
      if (auto found = weak.lock(); found && found->time() == time) return found;
    auto made = std::make_shared<alarm_queue>(executor, std::move(time));
    queues_.push_back(made);
    return made;
  }

 private:
  void shutdown() override {
    const std::lock_guard lock(mutex_);
    for (const auto& weak : queues_)
      if (const auto alive = weak.lock()) alive->stop();
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<alarm_queue>> queues_;
};

}  // namespace

std::shared_ptr<alarm_queue> alarm_queue::of(const asio::any_io_executor& executor,
                                             std::shared_ptr<clock> time) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  return asio::use_service<alarm_queues>(context).find_or_make(executor, std::move(time));
}

alarm_queue::alarm_queue(asio::any_io_executor executor, std::shared_ptr<clock> time)
    : time_(std::move(time)), alarm_(time_->make_alarm(std::move(executor))) {}

void alarm_queue::set(clock::time_point when, alarm_user& user) {
  const std::lock_guard lock(mutex_);
  if (!alarm_) return;
  if (user.place_ == alarm_user::nowhere) {
    entries_.push_back({when, &user});
    user.place_ = entries_.size() - 1;
    up(user.place_);
  } else {
    entries_[user.place_].when = when;
    up(user.place_);
    down(user.place_);
  }
  set_alarm();
}

void alarm_queue::cancel(alarm_user& user) noexcept {
  const std::lock_guard lock(mutex_);
  if (user.place_ == alarm_user::nowhere) return;
  remove(user.place_);
  // Else it rings once for nobody; but an event loop with nothing to wait for ends.
  if (!entries_.empty() || !alarm_) return;
  alarm_->cancel();
  alarm_at_ = clock::time_point::max();
}

void alarm_queue::stop() noexcept {
  std::unique_ptr<clock::alarm> last;
  const std::lock_guard lock(mutex_);
  last = std::move(alarm_);
}

void alarm_queue::put(std::size_t at, entry what) noexcept {
  what.user->place_ = at;
  entries_[at] = what;
}

void alarm_queue::up(std::size_t at) noexcept {
  const entry moved = entries_[at];
  while (at != 0 && moved.when < entries_[(at - 1) / 2].when) {
    put(at, entries_[(at - 1) / 2]);
    at = (at - 1) / 2;
  }
  put(at, moved);
}

void alarm_queue::down(std::size_t at) noexcept {
  const entry moved = entries_[at];
  for (;;) {
    std::size_t child = 2 * at + 1;
    if (child >= entries_.size()) break;
    if (child + 1 < entries_.size() && entries_[child + 1].when < entries_[child].when) ++child;
    if (moved.when <= entries_[child].when) break;
    put(at, entries_[child]);
    at = child;
  }
  put(at, moved);
}

void alarm_queue::remove(std::size_t at) noexcept {
  entries_[at].user->place_ = alarm_user::nowhere;
  const entry last = entries_.back();
  entries_.pop_back();
  if (at == entries_.size()) return;
  put(at, last);
  up(at);
  down(last.user->place_);
}

void alarm_queue::set_alarm() {
  if (entries_.empty() || entries_.front().when >= alarm_at_) return;
  alarm_at_ = entries_.front().when;
  alarm_->set(alarm_at_, [weak = weak_from_this()] {
    if (const auto alive = weak.lock()) alive->ring();
  });
}

void alarm_queue::ring() {
  std::vector<std::pair<std::shared_ptr<void>, alarm_user*>> due;
  {
    const std::lock_guard lock(mutex_);
    if (!alarm_) return;
    alarm_at_ = clock::time_point::max();
    const auto now = time_->now();
    while (!entries_.empty() && entries_.front().when <= now) {
      alarm_user& user = *entries_.front().user;
      remove(0);
      if (auto kept = user.keep()) due.emplace_back(std::move(kept), &user);
    }
    set_alarm();
  }
  for (auto& [kept, user] : due) {
    const auto executor = user->alarm_executor();
    try {
      asio::dispatch(executor, [kept = std::move(kept), user = user] { user->on_alarm(); });
    } catch (...) {  // it is for whoever runs the context; the others have their alarms all the same
      asio::post(executor, [failure = std::current_exception()] { std::rethrow_exception(failure); });
    }
  }
}

}  // namespace coseal
