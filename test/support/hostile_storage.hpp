#pragma once

#include <coseal/error.hpp>
#include <coseal/storage.hpp>

#include <asio/associated_executor.hpp>
#include <asio/async_result.hpp>
#include <asio/post.hpp>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coseal::test {

/// Wraps a storage and does to it what networks, replicas and disks do: stale reads, failures before and
/// after the write, delays. Nothing here takes real time. Thread-safe.
class hostile_storage : public storage {
 public:
  explicit hostile_storage(std::shared_ptr<storage> inner) : inner_(std::move(inner)) {}

  /// The next `n` gets and lists answer as `old` stands: memory_storage() for "everything misses".
  void serve_stale_reads(std::size_t n, std::shared_ptr<storage> old = memory_storage()) {
    const std::lock_guard lock(mutex_);
    stale_reads_ = n;
    stale_ = std::move(old);
  }
  /// The operation number `nth` from now on (0: the next) fails and does nothing.
  void fail_at(std::size_t nth, std::error_code why = errc::storage_failed) {
    const std::lock_guard lock(mutex_);
    failures_[operations_ + nth] = why;
  }
  /// As fail_at, for every operation from now on, until heal().
  void fail_always(std::error_code why = errc::storage_failed) {
    const std::lock_guard lock(mutex_);
    always_ = why;
  }
  /// The operation number `nth` from now on is done, but its answer is lost: the caller sees a failure.
  void lose_answer_at(std::size_t nth) {
    const std::lock_guard lock(mutex_);
    lost_answers_.insert(operations_ + nth);
  }
  /// Runs `what` right before the operation number `nth` from now on reaches the store: another process, in
  /// between.
  void interfere_at(std::size_t nth, std::function<task<void>()> what) {
    const std::lock_guard lock(mutex_);
    interference_[operations_ + nth] = std::move(what);
  }
  void heal() {
    const std::lock_guard lock(mutex_);
    stale_reads_ = 0;
    always_.reset();
    failures_.clear();
    lost_answers_.clear();
    interference_.clear();
  }

  /// From now on operations suspend before they reach the store, until open_gate().
  void close_gate() {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  /// Lets the waiting operations go on, each on its own executor, and the later ones through.
  void open_gate() {
    std::vector<std::function<void()>> waiting;
    {
      const std::lock_guard lock(mutex_);
      closed_ = false;
      waiting.swap(waiting_);
    }
    for (auto& resume : waiting) resume();
  }
  std::size_t waiting() const {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
  }
  /// How many operations were begun.
  std::size_t operations() const {
    const std::lock_guard lock(mutex_);
    return operations_;
  }
  /// How many of them were to write: put_if_absent and put_if_absent_for, compare_exchange, erase.
  std::size_t writes() const {
    const std::lock_guard lock(mutex_);
    return writes_;
  }

  task<result<std::optional<stored_value>>> get(std::string key) override {
    const auto fate = make_plan(kind::read);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto found = co_await fate.target->get(std::move(key));
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return found;
  }
  task<result<bool>> put_if_absent(std::string key, std::vector<std::byte> value) override {
    const auto fate = make_plan(kind::write);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto done = co_await fate.target->put_if_absent(std::move(key), std::move(value));
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return done;
  }
  task<result<bool>> put_if_absent_for(std::string key, std::vector<std::byte> value,
                                       std::chrono::milliseconds lifetime) override {
    const auto fate = make_plan(kind::write);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto done = co_await fate.target->put_if_absent_for(std::move(key), std::move(value), lifetime);
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return done;
  }
  task<result<bool>> compare_exchange(std::string key, std::uint64_t version,
                                      std::vector<std::byte> value) override {
    const auto fate = make_plan(kind::write);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto done = co_await fate.target->compare_exchange(std::move(key), version, std::move(value));
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return done;
  }
  task<result<bool>> erase(std::string key) override {
    const auto fate = make_plan(kind::write);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto done = co_await fate.target->erase(std::move(key));
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return done;
  }
  task<result<std::vector<std::string>>> list(std::string prefix) override {
    const auto fate = make_plan(kind::read);
    co_await pass(fate);
    if (fate.failure) co_return *fate.failure;
    auto found = co_await fate.target->list(std::move(prefix));
    if (fate.lose_answer) co_return errc::storage_failed;
    co_return found;
  }

 private:
  enum class kind { read, write };

  /// What happens to one operation, settled when it begins.
  struct plan {
    std::optional<std::error_code> failure;
    bool lose_answer = false;
    std::shared_ptr<storage> target;
    std::function<task<void>()> interference;
  };

  plan make_plan(kind what) {
    const std::lock_guard lock(mutex_);
    const std::size_t number = operations_++;
    if (what == kind::write) ++writes_;
    plan p;
    p.failure = always_;
    if (const auto found = failures_.find(number); found != failures_.end()) p.failure = found->second;
    p.lose_answer = lost_answers_.contains(number);
    p.target = inner_;
    if (what == kind::read && stale_reads_ > 0) {
      --stale_reads_;
      p.target = stale_;
    }
    if (const auto found = interference_.find(number); found != interference_.end())
      p.interference = found->second;
    return p;
  }

  // The plan outlives the coroutine: it is a local of the operation that awaits this.
  task<void> pass(const plan& p) {
    co_await through_gate();
    if (p.interference) co_await p.interference();
  }

  task<void> through_gate() {
    co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto handler) {
          const auto executor = asio::get_associated_executor(handler);
          auto kept = std::make_shared<decltype(handler)>(std::move(handler));
          const std::function<void()> resume = [executor, kept] {
            asio::post(executor, [kept] { std::move (*kept)(); });
          };
          {
            const std::lock_guard lock(mutex_);
            if (closed_) {
              waiting_.push_back(resume);
              return;
            }
          }
          resume();
        },
        asio::use_awaitable);
  }

  const std::shared_ptr<storage> inner_;
  mutable std::mutex mutex_;
  std::size_t operations_ = 0;
  std::size_t writes_ = 0;
  std::size_t stale_reads_ = 0;
  std::shared_ptr<storage> stale_;
  std::optional<std::error_code> always_;
  std::map<std::size_t, std::error_code> failures_;
  std::set<std::size_t> lost_answers_;
  std::map<std::size_t, std::function<task<void>()>> interference_;
  bool closed_ = false;
  std::vector<std::function<void()>> waiting_;
};

/// A copy of what `store` holds now: a snapshot for serve_stale_reads. Versions are the copy's own.
inline task<std::shared_ptr<storage>> snapshot(std::shared_ptr<storage> store) {
  auto copy = memory_storage();
  const auto keys = co_await store->list("");
  for (const auto& key : keys.value()) {
    auto found = co_await store->get(key);
    const auto put = co_await copy->put_if_absent(key, found.value().value().value);
    if (!put.value()) throw std::logic_error("a snapshot holds a key twice");
  }
  co_return copy;
}

}  // namespace coseal::test
