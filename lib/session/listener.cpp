#include "bytes/writer.hpp"
#include "crypto/random.hpp"
#include "session/accept_session.hpp"
#include "session/session_parameters.hpp"
#include "session/session_registry.hpp"

#include <coseal/session.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <deque>
#include <map>
#include <random>
#include <set>

namespace coseal {
namespace {

constexpr auto busy_retry_after = std::chrono::seconds(1);
constexpr std::size_t most_farewells = 256;

/// The clear REFUSED busy, for a newcomer that is turned away before its HELLO is read.
std::vector<std::byte> busy_record() {
  refusal why;
  why.code = refusal_code::busy;
  why.retry_after = busy_retry_after;
  writer body;
  write_refusal(body, why);
  writer record;
  record_header header;
  header.length = static_cast<std::uint32_t>(body.size());
  header.kind = record_kind::refused;
  record.bytes(header.bytes());
  record.bytes(body.view());
  return std::move(record).take();
}

}  // namespace

/// One accept loop on a strand, one coroutine a handshake, a queue of finished sessions.
class listener::state final : public waiter_owner {
 public:
  state(asio::any_io_executor executor, endpoint self, std::unique_ptr<acceptor> bound,
        accept_options options)
      : executor_(std::move(executor)),
        strand_(asio::make_strand(executor_)),
        self_(std::move(self)),
        acceptor_(std::move(bound)),
        options_(std::move(options)),
        address_(acceptor_->address()) {}
  ~state() override { free_node_memory(); }

  void start() {
    register_waits(executor_, shared());
    asio::co_spawn(strand_, accept_loop(shared()), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);  // a bug: let it end the event loop where people see it
    });
  }

  task<result<session>> accept(operation_options options) {
    const auto ready = [this](std::error_code& error) {
      if (!finished_.empty()) return true;
      if (closed_) error = errc::cancelled;
      return closed_;
    };
    const wait_bounds bounds(options, *options_.time());
    for (;;) {
      const auto error = co_await wait(shared_from_this(), accepting_, bounds, 0, ready);
      if (error) co_return error;
      const std::lock_guard lock(mutex_);
      if (finished_.empty()) continue;
      auto first = std::move(finished_.front());
      finished_.pop_front();
      forget(first.source);
      co_return session(std::move(first.core));
    }
  }

  void close() noexcept {
    std::set<std::shared_ptr<session::core>> in_flight;
    std::deque<finished_session> unwanted;
    {
      completions done(resume_by::post);
      const std::lock_guard lock(mutex_);
      if (closed_) return;
      closed_ = true;
      in_flight.swap(in_flight_);
      unwanted.swap(finished_);
      done.add_all(accepting_, errc::cancelled);
      if (alarm_) alarm_->cancel();
    }
    asio::post(strand_, [alive = shared()] { alive->acceptor_->close(); });
    for (const auto& core : in_flight) core->abort();
    for (const auto& each : unwanted) each.core->abort();
  }

  const std::string& address() const noexcept { return address_; }

  std::mutex& mutex() noexcept override { return mutex_; }
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override {
    if (node.list() != nullptr) done.add(node, error);
  }
  void note_deadline(clock::time_point when) override {
    if (when >= alarm_at_) return;
    alarm_at_ = when;
    if (!alarm_) alarm_ = options_.time()->make_alarm(executor_);
    alarm_->set(when, [weak = std::weak_ptr<state>(shared())] {
      if (const auto alive = weak.lock()) alive->on_alarm();
    });
  }
  clock& time() noexcept override { return *options_.time(); }
  void on_context_shutdown() noexcept override {
    wait_list doomed;
    std::set<std::shared_ptr<session::core>> in_flight;
    std::deque<finished_session> unwanted;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      while (waiter* node = accepting_.pop()) doomed.push(*node);
      in_flight.swap(in_flight_);
      unwanted.swap(finished_);
      alarm_.reset();
    }
    while (waiter* node = doomed.pop()) node->destroy();
  }

 private:
  struct finished_session {
    std::shared_ptr<session::core> core;
    std::string source;
  };

  std::shared_ptr<state> shared() { return std::static_pointer_cast<state>(shared_from_this()); }

  static task<void> accept_loop(std::shared_ptr<state> self) {
    for (;;) {
      auto carrier = co_await self->acceptor_->accept();
      {
        const std::lock_guard lock(self->mutex_);
        if (self->closed_) co_return;
      }
      if (carrier) {
        self->admit(*std::move(carrier));
        continue;
      }
      // A connection that died in the queue says nothing about us; a full table of descriptors passes.
      const auto error = carrier.error();
      if (error == asio::error::operation_aborted || error == asio::error::bad_descriptor) co_return;
      if (error == asio::error::connection_aborted) continue;
      if (self->options_.on_refused()) self->options_.on_refused()(error, self->address_, error.message());
      asio::steady_timer pause(self->strand_);
      pause.expires_after(std::chrono::milliseconds(50));
      std::error_code ignored;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
  }

  void admit(std::unique_ptr<duplex_carrier> carrier) {
    std::string source = carrier->source();
    auto core = session::core::make(session::core::role::acceptor, std::move(carrier), options_.limits(),
                                    options_.time());
    bool admitted = false;
    {
      const std::lock_guard lock(mutex_);
      admitted = has_room(source);
      if (admitted) {
        ++half_open_;
        if (!source.empty()) ++half_open_by_source_[source];
        in_flight_.insert(core);
      }
    }
    if (admitted)
      asio::co_spawn(executor_, shake_hands(shared(), std::move(core), std::move(source)), asio::detached);
    else
      turn_away(std::move(core));
  }

  /// Half-open handshakes are bounded in all and by source; from 70 % on newcomers are dropped at random,
  /// ever more likely, so that a flood can not shut everybody else out at a sharp edge.
  bool has_room(const std::string& source) {
    const std::size_t most = options_.half_open();
    if (half_open_ >= most) return false;
    if (!source.empty()) {
      const auto by_source = half_open_by_source_.find(source);
      if (by_source != half_open_by_source_.end() && by_source->second >= options_.half_open_a_source())
        return false;
    }
    const std::size_t early = most * 7 / 10;
    if (half_open_ < early) return true;
    return std::uniform_int_distribution<std::size_t>(0, most - early)(random_) >= half_open_ - early;
  }

  void forget(const std::string& source) {
    --half_open_;
    if (source.empty()) return;
    const auto by_source = half_open_by_source_.find(source);
    if (--by_source->second == 0) half_open_by_source_.erase(by_source);
  }

  /// Gives the place back when it goes.
  std::shared_ptr<void> place_of(const std::string& source) {
    return {nullptr, [weak = std::weak_ptr<state>(shared()), source](void*) {
              const auto alive = weak.lock();
              if (!alive) return;
              const std::lock_guard lock(alive->mutex_);
              alive->forget(source);
            }};
  }

  void turn_away(std::shared_ptr<session::core> core) {
    bool room = false;
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(farewells_, [](const auto& weak) { return weak.expired(); });
      room = farewells_.size() < most_farewells;
      if (room) farewells_.push_back(core);
    }
    if (room)
      core->refuse_clear(busy_record(), errc::busy);
    else
      core->abort();
    report(*core, errc::busy, "too many handshakes in flight");
  }

  static task<void> shake_hands(std::shared_ptr<state> self, std::shared_ptr<session::core> core,
                                std::string source) {
    handshake_report details;
    std::error_code failure;
    try {
      auto accepted = co_await accept_on(self->self_, core, source, self->options_, nullptr, details);
      if (!accepted) failure = accepted.error();
    } catch (
        const std::exception& thrown) {  // a storage or hook of the user's may throw; the peer gets an end
      failure = errc::handshake_refused;
      details.explanation = thrown.what();
      core->abort();
    }
    {
      completions done(resume_by::post);
      const std::lock_guard lock(self->mutex_);
      self->in_flight_.erase(core);
      if (!failure && !self->closed_) {
        self->finished_.push_back({core, source});
        if (waiter* node = self->accepting_.front()) done.add(*node, {});
        co_return;
      }
    }
    // Its last words may take a second to leave. It keeps its place until then, or handshakes that fail at
    // once would hold more connections open than any limit says.
    core->keep_until_gone(self->place_of(source));
    if (!failure) co_return core->abort();
    self->report(*core, failure, details.explanation);
  }

  void report(const session::core& core, std::error_code failure, const std::string& why) {
    if (!options_.on_refused()) return;
    options_.on_refused()(failure, core.info().peer_address, why.empty() ? core.explain(failure) : why);
  }

  void on_alarm() {
    completions done(resume_by::dispatch);
    const std::lock_guard lock(mutex_);
    alarm_at_ = clock::time_point::max();
    const auto now = options_.time()->now();
    auto next = clock::time_point::max();
    for (waiter* node = accepting_.front(); node != nullptr;) {
      waiter* const following = wait_list::after(*node);
      if (node->deadline && *node->deadline <= now)
        done.add(*node, errc::timed_out);
      else if (node->deadline)
        next = std::min(next, *node->deadline);
      node = following;
    }
    if (next != clock::time_point::max()) note_deadline(next);
  }

  std::mutex mutex_;
  asio::any_io_executor executor_;
  asio::strand<asio::any_io_executor> strand_;
  endpoint self_;
  std::unique_ptr<acceptor> acceptor_;
  accept_options options_;
  std::string address_;
  bool closed_ = false;
  std::deque<finished_session> finished_;
  wait_list accepting_;
  std::set<std::shared_ptr<session::core>> in_flight_;  // shaking hands
  std::vector<std::weak_ptr<session::core>> farewells_;
  std::size_t half_open_ = 0;  // from accept to the hand-out of the session
  std::map<std::string, std::size_t> half_open_by_source_;
  std::minstd_rand random_{std::random_device{}()};
  std::unique_ptr<clock::alarm> alarm_;
  clock::time_point alarm_at_ = clock::time_point::max();
};

listener::listener(asio::any_io_executor executor, endpoint self, listen_address where,
                   accept_options options) {
  if (const auto valid = check(options.limits()); !valid) throw error(valid.error(), "session_limits");
  auto bound = where.open(executor);
  if (!bound) throw error(bound.error(), "cannot listen on " + where.name());
  state_ =
      std::make_shared<state>(std::move(executor), std::move(self), *std::move(bound), std::move(options));
  state_->start();
}

listener& listener::operator=(listener&& other) noexcept {
  if (this != &other) {
    close();
    state_ = std::move(other.state_);
  }
  return *this;
}

listener::~listener() {
  close();
}

task<session> listener::accept(operation_options options) {
  const auto alive = state_;
  auto accepted = co_await alive->accept(std::move(options));
  if (!accepted) throw error(accepted.error(), "accepting on " + alive->address());
  co_return *std::move(accepted);
}

task<result<session>> listener::accept(as_result_t, operation_options options) {
  const auto alive = state_;
  co_return co_await alive->accept(std::move(options));
}

std::string listener::address() const {
  return state_->address();
}

void listener::close() noexcept {
  if (state_) state_->close();
}

}  // namespace coseal
