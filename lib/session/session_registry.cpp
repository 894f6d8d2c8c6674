#include "session/session_registry.hpp"

#include "bytes/slab.hpp"

#include <coseal/hibernation.hpp>

#include <asio/execution/context_as.hpp>
#include <asio/execution_context.hpp>
#include <asio/query.hpp>

#include <algorithm>
#include <mutex>
#include <vector>

namespace coseal {
namespace {

class session_registry final : public asio::execution_context::service {
 public:
  using key_type = session_registry;
  inline static asio::execution_context::id id;

  explicit session_registry(asio::execution_context& context) : service(context) {}

  void add(const std::shared_ptr<waiter_owner>& made) {
    const std::lock_guard lock(mutex_);
    if (sessions_.size() >= sweep_at_) {
      std::erase_if(sessions_, [](const auto& weak) { return weak.expired(); });
      sweep_at_ = std::max<std::size_t>(64, 2 * sessions_.size());
    }
    sessions_.push_back(made);
  }

  std::size_t hibernate() {
    std::vector<std::weak_ptr<waiter_owner>> sessions;
    {
      const std::lock_guard lock(mutex_);
      sessions = sessions_;
    }
    std::size_t asleep = 0;
    for (const auto& weak : sessions)
      if (const auto alive = weak.lock(); alive && alive->hibernate_now()) ++asleep;
    return asleep;
  }

 private:
  void shutdown() override {
    std::vector<std::weak_ptr<waiter_owner>> sessions;
    {
      const std::lock_guard lock(mutex_);
      sessions.swap(sessions_);
    }
    for (const auto& weak : sessions)
      if (const auto alive = weak.lock()) alive->on_context_shutdown();
  }

  std::mutex mutex_;
  std::vector<std::weak_ptr<waiter_owner>> sessions_;
  std::size_t sweep_at_ = 64;  // expired entries go when the list has doubled
};

}  // namespace

void register_waits(const asio::any_io_executor& executor, const std::shared_ptr<waiter_owner>& made) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  asio::use_service<session_registry>(context).add(made);
}

std::size_t hibernate_idle_sessions(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  const std::size_t asleep = asio::use_service<session_registry>(context).hibernate();
  slab::shed(static_cast<std::size_t>(-1));
  return asleep;
}

}  // namespace coseal
