#include "carrier/port_notice.hpp"
#include "session/hosted_carrier.hpp"
#include "session/session_registry.hpp"
#include "session/timed_waits.hpp"

#include <coseal/error.hpp>
#include <coseal/hosted.hpp>

#include <deque>
#include <map>
#include <mutex>
#include <utility>

namespace coseal {
namespace {

/// The listener takes them at once; beyond this its executor does not run.
constexpr std::size_t most_unaccepted = 1024;

task<http_response> notice(http_request asked) {
  co_return port_notice(asked);
}

/// Where the listener's accept waits.
class arrivals final : public timed_waits {
 public:
  explicit arrivals(asio::any_io_executor executor) : timed_waits(std::move(executor), steady_clock()) {}

  std::error_code push(std::shared_ptr<hosted_link> link) {
    completions done(resume_by::post);
    const std::lock_guard lock(mutex_);
    if (closed_) return errc::closed;
    if (links_.size() >= most_unaccepted) return errc::busy;
    links_.push_back(std::move(link));
    if (waiter* node = waiting_.front()) done.add(*node, {});
    return {};
  }
  task<result<std::unique_ptr<duplex_carrier>>> pop() {
    const auto alive = shared_from_this();
    const auto ready = [this](std::error_code&) { return closed_ || !links_.empty(); };
    for (;;) {
      const auto error = co_await wait(alive, waiting_, wait_bounds(), 0, ready);
      if (error) co_return error;
      const std::lock_guard lock(mutex_);
      if (closed_) co_return errc::cancelled;
      if (links_.empty()) continue;
      auto next = carrier_of(std::move(links_.front()));
      links_.pop_front();
      co_return std::move(next);
    }
  }
  void close() noexcept {
    completions done(resume_by::post);
    std::deque<std::shared_ptr<hosted_link>> unwanted;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      unwanted.swap(links_);
      done.add_all(waiting_, errc::cancelled);
    }
    for (const auto& each : unwanted) each->close();
  }
  const asio::any_io_executor& executor() const noexcept { return executor_; }

 private:
  std::deque<std::shared_ptr<hosted_link>> links_;
  bool closed_ = false;
};

class hosted_listening final : public acceptor {
 public:
  explicit hosted_listening(std::shared_ptr<arrivals> from) : from_(std::move(from)) {}
  ~hosted_listening() override { from_->close(); }

  task<result<std::unique_ptr<duplex_carrier>>> accept() override { return from_->pop(); }
  std::string address() const override { return "hosted"; }
  void close() noexcept override { from_->close(); }

 private:
  std::shared_ptr<arrivals> from_;
};

}  // namespace

class hosted_acceptor::state {
 public:
  explicit state(http_handler answers) : answers_(answers ? std::move(answers) : http_handler(notice)) {}

  std::unique_ptr<acceptor> open(const asio::any_io_executor& executor) {
    auto fresh = std::make_shared<arrivals>(executor);
    register_waits(executor, fresh);
    const std::lock_guard lock(mutex_);
    arrivals_ = fresh;
    return std::make_unique<hosted_listening>(std::move(fresh));
  }

  std::error_code connect(connection_id id, hosted_connection how) {
    if (!how.send()) return errc::invalid_option;
    const std::lock_guard lock(mutex_);
    const auto to = arrivals_.lock();
    if (!to) return errc::closed;
    const auto [at, fresh] = links_.try_emplace(id);
    if (!fresh) return errc::invalid_option;
    at->second = std::make_shared<hosted_link>(to->executor(), std::move(how));
    const auto refused = to->push(at->second);
    if (refused) links_.erase(at);
    return refused;
  }

  std::shared_ptr<hosted_link> find(connection_id id) const {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    return found == links_.end() ? nullptr : found->second;
  }
  std::shared_ptr<hosted_link> take(connection_id id) {
    const std::lock_guard lock(mutex_);
    const auto found = links_.find(id);
    if (found == links_.end()) return nullptr;
    auto link = std::move(found->second);
    links_.erase(found);
    return link;
  }
  void drop_all() noexcept {
    std::map<connection_id, std::shared_ptr<hosted_link>> links;
    std::shared_ptr<arrivals> open;
    {
      const std::lock_guard lock(mutex_);
      links.swap(links_);
      open = arrivals_.lock();
    }
    if (open) open->close();
    for (const auto& [id, link] : links) link->drop();
  }
  const http_handler& answers() const noexcept { return answers_; }

 private:
  const http_handler answers_;
  mutable std::mutex mutex_;
  std::weak_ptr<arrivals> arrivals_;  // the listener's
  std::map<connection_id, std::shared_ptr<hosted_link>> links_;
};

hosted_acceptor::hosted_acceptor(http_handler answers)
    : state_(std::make_shared<state>(std::move(answers))) {}

hosted_acceptor::~hosted_acceptor() {
  state_->drop_all();
}

listen_address hosted_acceptor::address() const {
  return listen_address("hosted", [state = state_](const asio::any_io_executor& executor) {
    result<std::unique_ptr<acceptor>> made(state->open(executor));
    return made;
  });
}

std::error_code hosted_acceptor::connect(connection_id id, hosted_connection how) {
  return state_->connect(id, std::move(how));
}

std::size_t hosted_acceptor::receive(connection_id id, std::span<const std::byte> bytes) {
  const auto link = state_->find(id);
  return link ? link->receive(bytes) : bytes.size();
}

void hosted_acceptor::can_send(connection_id id) {
  if (const auto link = state_->find(id)) link->can_send();
}

void hosted_acceptor::end(connection_id id) {
  if (const auto link = state_->find(id)) link->end();
}

void hosted_acceptor::drop(connection_id id) {
  if (const auto link = state_->take(id)) link->drop();
}

task<http_response> hosted_acceptor::fetch(http_request asked) const {
  const auto alive = state_;
  auto answer = alive->answers()(std::move(asked));
  co_return co_await std::move(answer);
}

}  // namespace coseal
