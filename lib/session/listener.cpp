#include "bytes/writer.hpp"
#include "carrier/places.hpp"
#include "crypto/random.hpp"
#include "session/accept_session.hpp"
#include "session/session_parameters.hpp"
#include "session/session_registry.hpp"
#include "session/timed_waits.hpp"

#include <coseal/session.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/error.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <deque>
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
class listener::state final : public timed_waits {
 public:
  state(asio::any_io_executor executor, endpoint self, std::unique_ptr<acceptor> bound,
        accept_options options)
      : timed_waits(std::move(executor), options.time()),
        strand_(asio::make_strand(executor_)),
        self_(std::move(self)),
        acceptor_(std::move(bound)),
        options_(std::move(options)),
        address_(acceptor_->address()),
        half_open_(std::make_shared<places>(options_.half_open(), options_.half_open_a_source())),
        sessions_(std::make_shared<places>(options_.sessions(), options_.sessions_a_source())) {}

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
    const wait_bounds bounds(options, *time_);
    for (;;) {
      const auto error = co_await wait(shared_from_this(), waiting_, bounds, 0, ready);
      if (error) co_return error;
      const std::lock_guard lock(mutex_);
      if (finished_.empty()) continue;
      auto first = std::move(finished_.front());
      finished_.pop_front();
      first.held->half_open.reset();
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
      done.add_all(waiting_, errc::cancelled);
    }
    asio::post(strand_, [alive = shared()] { alive->acceptor_->close(); });
    for (const auto& core : in_flight) core->abort();
    for (const auto& each : unwanted) each.core->abort();
  }

  const std::string& address() const noexcept { return address_; }

  void on_context_shutdown() noexcept override {
    std::set<std::shared_ptr<session::core>> in_flight;
    std::deque<finished_session> unwanted;
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      in_flight.swap(in_flight_);
      unwanted.swap(finished_);
    }
    timed_waits::on_context_shutdown();
  }

 private:
  /// What a connection takes up of the limits, until it is gone.
  struct share {
    std::shared_ptr<void> half_open;  // until its session is handed out
    std::shared_ptr<void> established;
  };
  struct finished_session {
    std::shared_ptr<session::core> core;
    std::shared_ptr<share> held;
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
    core->watch(self_);
    // The connection keeps its share until it is gone, handshakes that fail included: or those that fail at
    // once would hold more connections open than any limit says.
    auto held = std::make_shared<share>();
    const bool lucky = !dropped_early();
    if (lucky) held->half_open = half_open_->take(source);
    if (!held->half_open) return turn_away(std::move(core), "too many handshakes in flight");
    held->established = sessions_->take(source);
    if (!held->established) return turn_away(std::move(core), "too many sessions");
    core->keep_until_gone(held);
    {
      const std::lock_guard lock(mutex_);
      in_flight_.insert(core);
    }
    asio::co_spawn(executor_, shake_hands(shared(), std::move(core), std::move(held), std::move(source)),
                   asio::detached);
  }

  /// From 70 % of the half-open handshakes on, newcomers are dropped at random, ever more likely, so that a
  /// flood can not shut everybody else out at a sharp edge.
  bool dropped_early() {
    const std::size_t most = half_open_->most(), early = most * 7 / 10, taken = half_open_->taken();
    if (taken < early || taken >= most) return false;
    return std::uniform_int_distribution<std::size_t>(0, most - early)(random_) < taken - early;
  }

  void turn_away(std::shared_ptr<session::core> core, const char* why) {
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
    core->handshake_ended(errc::busy, why);
    report(*core, errc::busy, why);
  }

  static task<void> shake_hands(std::shared_ptr<state> self, std::shared_ptr<session::core> core,
                                std::shared_ptr<share> held, std::string source) {
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
    } catch (...) {
      failure = errc::handshake_refused;
      core->abort();
    }
    core->handshake_ended(failure, details.explanation);
    {
      completions done(resume_by::post);
      const std::lock_guard lock(self->mutex_);
      self->in_flight_.erase(core);
      if (!failure && !self->closed_) {
        self->finished_.push_back({core, held});
        if (waiter* node = self->waiting_.front()) done.add(*node, {});
        co_return;
      }
    }
    if (!failure) co_return core->abort();
    self->report(*core, failure, details.explanation);
  }

  void report(const session::core& core, std::error_code failure, const std::string& why) {
    // Ended by this side, or taken over by another protocol of the same port: nobody was refused.
    if (failure == errc::cancelled || !options_.on_refused()) return;
    options_.on_refused()(failure, core.info().peer_address, why.empty() ? core.explain(failure) : why);
  }

  asio::strand<asio::any_io_executor> strand_;
  endpoint self_;
  std::unique_ptr<acceptor> acceptor_;
  accept_options options_;
  std::string address_;
  bool closed_ = false;
  std::deque<finished_session> finished_;
  std::set<std::shared_ptr<session::core>> in_flight_;  // shaking hands
  std::vector<std::weak_ptr<session::core>> farewells_;
  std::shared_ptr<places> half_open_;  // from accept to the hand-out of the session
  std::shared_ptr<places> sessions_;   // from accept to the end of the connection
  std::minstd_rand random_{std::random_device{}()};
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
