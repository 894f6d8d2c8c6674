#pragma once
// How operations of a session suspend: a node in one of the session's lists, guarded by the session's mutex,
// completed after the mutex is free. Deadline, stop token and cancellation slot all end in
// waiter_owner::give_up.

#include <coseal/asio.hpp>
#include <coseal/clock.hpp>
#include <coseal/error.hpp>
#include <coseal/operation_options.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/associated_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/prefer.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <system_error>
#include <utility>

namespace coseal {

class wait_list;

/// How a waiter is resumed: from the event loop it may run at once; from inside a user's call it is only
/// queued, so that no call runs somebody else's coroutine.
enum class resume_by { dispatch, post };

/// One suspended operation.
class waiter {
 public:
  std::optional<clock::time_point> deadline;
  std::uint64_t goal = 0;  ///< what the list's owner compares; unused by most lists

  /// Resumes the operation on its executor and frees the node. Without the mutex.
  virtual void complete(resume_by how) = 0;
  /// Frees node and coroutine without resuming: the execution context goes away.
  virtual void destroy() noexcept = 0;

  void finish_with(std::error_code error) noexcept { error_ = error; }
  wait_list* list() const noexcept { return list_; }

 protected:
  virtual ~waiter() = default;
  std::error_code error_;

 private:
  friend class wait_list;
  waiter* next_ = nullptr;
  waiter* previous_ = nullptr;
  wait_list* list_ = nullptr;
  bool taken_ = false;
  friend class completions;
};

/// An intrusive FIFO of waiters: a ring, of which it knows the last.
class wait_list {
 public:
  wait_list() noexcept = default;
  wait_list(const wait_list&) = delete;
  wait_list& operator=(const wait_list&) = delete;

  bool empty() const noexcept { return last_ == nullptr; }
  waiter* front() const noexcept { return last_ != nullptr ? last_->next_ : nullptr; }
  static waiter* after(const waiter& node) noexcept {
    return &node != node.list_->last_ ? node.next_ : nullptr;
  }
  void push(waiter& node) noexcept {
    node.list_ = this;
    if (last_ == nullptr) last_ = node.next_ = &node;
    node.previous_ = last_;
    node.next_ = last_->next_;
    node.next_->previous_ = &node;
    last_->next_ = &node;
    last_ = &node;
  }
  void remove(waiter& node) noexcept {
    if (node.next_ == &node) {
      last_ = nullptr;
    } else {
      node.previous_->next_ = node.next_;
      node.next_->previous_ = node.previous_;
      if (last_ == &node) last_ = node.previous_;
    }
    node.list_ = nullptr;
  }
  waiter* pop() noexcept {
    waiter* node = front();
    if (node != nullptr) remove(*node);
    return node;
  }

 private:
  waiter* last_ = nullptr;
};

/// Waiters taken off their lists under the mutex; resumed when this goes out of scope, which must be after
/// it.
class completions {
 public:
  explicit completions(resume_by how) noexcept : how_(how) {}
  completions(const completions&) = delete;
  completions& operator=(const completions&) = delete;
  ~completions() {
    while (waiter* node = ready_.pop()) node->complete(how_);
  }

  /// The first to take a node decides; who comes later, a deadline or a stop token, comes too late.
  void add(waiter& node, std::error_code error) noexcept {
    if (node.taken_) return;
    node.finish_with(error);
    add_finished(node);
  }
  /// With the error that the node was finished with before.
  void add_finished(waiter& node) noexcept {
    if (node.list() != nullptr) node.list()->remove(node);
    node.taken_ = true;
    ready_.push(node);
  }
  void add_all(wait_list& list, std::error_code error) noexcept {
    while (waiter* node = list.front()) add(*node, error);
  }

 private:
  resume_by how_;
  wait_list ready_;
};

/// What a waiter needs of the session it waits on.
class waiter_owner : public std::enable_shared_from_this<waiter_owner> {
 public:
  virtual ~waiter_owner() = default;
  virtual std::mutex& mutex() noexcept = 0;
  /// Under the mutex: takes `node`, if it is still in a list, off it for `done` to resume with `error`.
  virtual void give_up(waiter& node, std::error_code error, completions& done) noexcept = 0;
  /// Under the mutex: a node with a deadline has come.
  virtual void note_deadline(clock::time_point when) = 0;
  virtual clock& time() noexcept = 0;
  /// Gives up what it can make anew, if nothing is under way; true if it has. Without the mutex.
  virtual bool hibernate_now() noexcept { return false; }
  /// The execution context goes away: waiting coroutines are destroyed, not resumed.
  virtual void on_context_shutdown() noexcept = 0;
  /// Memory for nodes, one block kept between waits: a session that only waits does not allocate. Under the
  /// mutex.
  void* take_node_memory(std::size_t size) {
    if (spare_ != nullptr && spare_size_ >= size) return std::exchange(spare_, nullptr);
    return ::operator new(size);
  }
  void give_node_memory(void* memory, std::size_t size) noexcept {
    if (spare_ == nullptr) {
      spare_ = memory;
      spare_size_ = size;
    } else {
      ::operator delete(memory);
    }
  }

 protected:
  void free_node_memory() noexcept { ::operator delete(std::exchange(spare_, nullptr)); }

 private:
  void* spare_ = nullptr;
  std::size_t spare_size_ = 0;
};

/// Lies in the frame of a coroutine that waits and leads to its node while there is one; guarded by the
/// mutex. Stop callbacks and cancellation slots go through it, since they may come after the node has gone.
struct wait_ticket {
  waiter* node = nullptr;
  std::error_code given_up;
};

/// operation_options with the duration turned into a time, once for an operation that waits several times.
struct wait_bounds {
  std::optional<clock::time_point> deadline;
  std::stop_token token;

  wait_bounds() = default;
  wait_bounds(const operation_options& options, const clock& time) : token(options.token()) {
    if (options.duration()) deadline = time.now() + *options.duration();
  }
};

/// Not a bare std::error_code, which Asio's awaitable would throw.
struct wait_outcome {
  std::error_code error;
};

/// A node that resumes an Asio completion handler.
template <typename Handler>
class wait_operation final : public waiter {
 public:
  wait_operation(Handler handler, std::shared_ptr<waiter_owner> owner, wait_ticket& ticket)
      : handler_(std::move(handler)),
        owner_(std::move(owner)),
        ticket_(&ticket),
        work_(asio::prefer(asio::get_associated_executor(handler_),
                           asio::execution::outstanding_work.tracked)) {
    ticket_->node = this;
  }

  void complete(resume_by how) override {
    const auto error = error_;
    const auto work = std::move(work_);
    Handler handler = take_handler();
    auto run = [handler = std::move(handler), error]() mutable { std::move(handler)(wait_outcome{error}); };
    if (how == resume_by::post) return asio::post(work, std::move(run));
    try {
      asio::dispatch(work, std::move(run));
    } catch (...) {  // the user's own, out of a completion handler: for whoever runs the context
      asio::post(work, [failure = std::current_exception()] { std::rethrow_exception(failure); });
    }
  }
  void destroy() noexcept override { [[maybe_unused]] const Handler handler = take_handler(); }

 private:
  using work_type = std::decay_t<decltype(asio::prefer(std::declval<asio::associated_executor_t<Handler>>(),
                                                       asio::execution::outstanding_work.tracked))>;

  Handler take_handler() {
    Handler handler = std::move(handler_);
    const auto owner = std::move(owner_);
    const std::lock_guard lock(owner->mutex());
    ticket_->node = nullptr;
    this->~wait_operation();
    owner->give_node_memory(this, sizeof(wait_operation));
    return handler;
  }

  Handler handler_;
  std::shared_ptr<waiter_owner> owner_;
  wait_ticket* ticket_;
  work_type work_;
};

/// Suspends in `list` until its owner completes the node, unless `ready(error)` holds already; both under the
/// mutex. `ready` may end the wait with an error of its own.
template <typename Ready>
task<std::error_code> wait(std::shared_ptr<waiter_owner> owner, wait_list& list, wait_bounds bounds,
                           std::uint64_t goal, Ready ready) {
  wait_ticket ticket;
  const auto give_up = [raw = owner.get(), at = &ticket](std::error_code why) {
    completions done(resume_by::post);
    const std::lock_guard lock(raw->mutex());
    at->given_up = why;
    if (at->node != nullptr) raw->give_up(*at->node, why, done);
  };
  const auto on_stop = [&give_up] { give_up(errc::cancelled); };
  const std::stop_callback stop(bounds.token, on_stop);

  const auto initiate = [&]<typename Handler>(Handler&& handler) {
    using operation = wait_operation<std::decay_t<Handler>>;
    if (auto slot = asio::get_associated_cancellation_slot(handler); slot.is_connected())
      slot.assign([&give_up](asio::cancellation_type) { give_up(errc::cancelled); });
    std::unique_lock lock(owner->mutex());
    std::error_code error;
    if (ready(error)) {
      lock.unlock();
      const auto to = asio::get_associated_executor(handler);
      asio::post(to, [handler = std::forward<Handler>(handler), error]() mutable {
        std::move(handler)(wait_outcome{error});
      });
      return;
    }
    auto* node = new (owner->take_node_memory(sizeof(operation)))
        operation(std::forward<Handler>(handler), owner, ticket);
    node->goal = goal;
    list.push(*node);
    if (ticket.given_up) {  // before it began; its owner may still have to let go of something
      completions done(resume_by::post);
      owner->give_up(*node, ticket.given_up, done);
      lock.unlock();
      return;
    }
    if (bounds.deadline) {
      node->deadline = bounds.deadline;
      owner->note_deadline(*bounds.deadline);
    }
  };
  auto suspended =
      asio::async_initiate<const asio::use_awaitable_t<>&, void(wait_outcome)>(initiate, asio::use_awaitable);
  const wait_outcome outcome = co_await std::move(suspended);
  const auto state = co_await asio::this_coro::cancellation_state;
  if (auto slot = state.slot(); slot.is_connected()) slot.clear();
  co_return outcome.error;
}

}  // namespace coseal
