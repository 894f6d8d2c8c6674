#include "stores/parked_coroutines.hpp"

namespace coseal {

class parked_coroutines::service final : public asio::execution_context::service {
 public:
  using key_type = service;
  inline static asio::execution_context::id id;

  explicit service(asio::execution_context& context) : asio::execution_context::service(context) {}
  const std::shared_ptr<parked_coroutines>& here() const noexcept { return here_; }

 private:
  void shutdown() override {
    std::map<std::uint64_t, std::unique_ptr<parked>> gone;
    const std::lock_guard lock(here_->mutex_);
    here_->open_ = false;
    gone.swap(here_->waiting_);
  }

  const std::shared_ptr<parked_coroutines> here_ = std::make_shared<parked_coroutines>();
};

std::shared_ptr<parked_coroutines> parked_coroutines::of(const asio::any_io_executor& executor) {
  auto& context = asio::query(executor, asio::execution::context_as<asio::execution_context&>);
  return asio::use_service<service>(context).here();
}

std::uint64_t parked_coroutines::park(std::unique_ptr<parked> coroutine) {
  const std::lock_guard lock(mutex_);
  const std::uint64_t ticket = next_ticket_++;
  if (open_) waiting_.emplace(ticket, std::move(coroutine));
  return ticket;
}

void parked_coroutines::resume(std::uint64_t ticket) {
  // Queued under the mutex: the context can not go in between.
  const std::lock_guard lock(mutex_);
  const auto found = waiting_.find(ticket);
  if (found == waiting_.end()) return;
  found->second->resume();
  waiting_.erase(found);
}

}  // namespace coseal
