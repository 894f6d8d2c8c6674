#include "session/backoff.hpp"
#include "session/connect_session.hpp"
#include "session/connector_log.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/connector.hpp>
#include <coseal/error.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace coseal {
namespace {

bool is_plain(const route& way) noexcept {
  return std::holds_alternative<plain_transport>(way);
}
const transport& transport_of(const route& way) noexcept {
  return is_plain(way) ? std::get<plain_transport>(way).where() : std::get<transport>(way);
}

/// A peer that can not be reached, now. An end without CLOSE is one of them: it is what a restart, or a proxy
/// whose server is down, looks like.
bool is_network_failure(std::error_code error) noexcept {
  if (error == condition::transport || error == condition::timed_out || error == errc::truncated) return true;
  // Out of descriptors or memory, says the system.
  return error.category() != error_category() && error == condition::local;
}

void check(const std::vector<route>& ways, const connect_options& wanted, const connector_options& options) {
  if (ways.empty()) throw error(errc::invalid_option, "a connector without a transport");
  if (options.first_backoff() <= clock::duration::zero() ||
      options.longest_backoff() < options.first_backoff())
    throw error(errc::invalid_option, "backoff: 0 < first <= longest");
  if (std::ranges::none_of(ways, is_plain) || wanted.level() == security_level::none) return;
  if (options.minimum_level() != security_level::none)
    throw error(errc::invalid_option,
                "a plain transport needs minimum_level(security_level::none) beside it");
  if (is_plain(ways.front()) ||
      !std::ranges::is_partitioned(ways, [](const route& w) { return !is_plain(w); }))
    throw error(errc::invalid_option, "plain transports stand behind all others");
}

}  // namespace

class connector::state : public std::enable_shared_from_this<state> {
 public:
  state(endpoint self, std::vector<route> ways, connect_options wanted, connector_options options)
      : self_(std::move(self)),
        ways_(std::move(ways)),
        wanted_(std::move(wanted)),
        options_(std::move(options)),
        backoff_(options_.first_backoff(), options_.longest_backoff()) {}

  task<result<session>> connect(operation_options options, std::string* explanation) {
    const wait_bounds bounds(options, *wanted_.time());
    // Whoever comes back comes after a loss or a failure: not at once, since others may come with it.
    clock::duration pause{0};
    session_binding from;
    if (begin_again()) {
      pause = next_pause();
    } else {
      auto complete = co_await with_kept_binding(self_, wanted_);
      if (!complete) co_return complete.error();
      from = complete->resume();
    }
    for (;;) {
      if (pause != clock::duration::zero()) {
        const auto slept = co_await sleep_until(wanted_.time(), wanted_.time()->now() + pause, bounds);
        if (!slept) co_return slept.error();
      }
      if (!from) from = binding_of_the_lost();
      auto round = co_await try_ways(ways_.size(), from, bounds);
      if (round.core) co_return session(std::move(round.core));
      if (explanation != nullptr) *explanation = round.explanation;
      if (!round.again) co_return round.failure;
      pause = std::max<clock::duration>(next_pause(), round.retry_after);
      connector_event event;
      event.what = connector_event::kind::waiting;
      event.why = round.failure;
      event.explanation = std::move(round.explanation);
      event.pause = pause;
      tell(event);
    }
  }

  task<result<session>> better(operation_options options, std::string* explanation) {
    const wait_bounds bounds(options, *wanted_.time());
    backoff probing(options_.first_backoff(), options_.longest_backoff());
    clock::duration asked{0};
    for (;;) {
      const auto pause = std::max(probing.next(), asked);
      const auto slept = co_await sleep_until(wanted_.time(), wanted_.time()->now() + pause, bounds);
      if (!slept) co_return slept.error();
      const std::size_t used = way();
      if (used == 0) continue;
      session_binding none;  // the session goes on where it is until the application moves
      auto round = co_await try_ways(used, std::move(none), bounds);
      if (round.core) co_return session(std::move(round.core));
      if (explanation != nullptr) *explanation = round.explanation;
      if (!round.again) co_return round.failure;
      asked = round.retry_after;
    }
  }

  std::size_t way() const noexcept {
    const std::lock_guard lock(mutex_);
    return way_;
  }

 private:
  struct round_outcome {
    std::shared_ptr<session::core> core;
    std::error_code failure;  // of the last way
    std::string explanation;
    clock::duration retry_after{0};
    bool again = false;  // another round may go better
  };

  /// The first `count` ways, in their order.
  task<round_outcome> try_ways(std::size_t count, session_binding from, wait_bounds bounds) {
    const auto alive = shared_from_this();
    round_outcome round;
    bool network_alone = true;
    for (std::size_t i = 0; i < count; ++i) {
      const bool plain = is_plain(ways_[i]) && wanted_.level() != security_level::none;
      if (plain && !network_alone) break;
      connect_options wanted = wanted_;
      wanted.resume(from);
      if (plain) wanted.level(security_level::none);
      const auto left = time_left(bounds);
      if (left <= clock::duration::zero()) {
        round.failure = errc::timed_out;
        round.again = false;
        break;
      }
      wanted.within(std::min(wanted.within(), left));
      const transport& where = transport_of(ways_[i]);
      tell(connector_event::kind::connecting, where.name());

      handshake_report report;
      auto made = co_await attempt(where, wanted, bounds.token, report);
      if (made) {
        use(i, **made);
        round.core = *std::move(made);
        break;
      }
      round.failure = made.error();
      if (bounds.token.stop_requested()) round.failure = errc::cancelled;
      const bool busy = round.failure == errc::busy, network = is_network_failure(round.failure);
      round.again = busy || network;
      if (round.failure == condition::cancelled) break;
      round.explanation = explain_attempt(report, round.failure, where.name(), wanted);
      tell(connector_event::kind::failed, where.name(), round.failure, round.explanation);
      if (!round.again) break;
      network_alone = network_alone && network;
      if (busy) round.retry_after = std::max<clock::duration>(round.retry_after, report.retry_after);
    }
    note_end();
    co_return round;
  }

  task<result<std::shared_ptr<session::core>>> attempt(const transport& where, connect_options wanted,
                                                       std::stop_token stop, handshake_report& report) {
    const auto deadline = wanted.time()->now() + wanted.within();
    auto made = co_await connect_over(self_, where, wanted, stop, report);
    if (!made || wanted.level() != security_level::none) co_return made;
    // At level none nothing has been heard of the acceptor yet: a proxy in front of nobody is no way.
    operation_options waiting = within(deadline - wanted.time()->now());
    waiting.stop(stop);
    const auto accepted = co_await (*made)->accepted(std::move(waiting));
    if (accepted) co_return made;
    report.explanation = (*made)->explain(accepted.error());
    report.retry_after = (*made)->retry_after();
    (*made)->abort();
    co_return accepted.error();
  }

  clock::duration time_left(const wait_bounds& bounds) const noexcept {
    return bounds.deadline ? *bounds.deadline - wanted_.time()->now() : clock::duration::max();
  }

  void use(std::size_t way, session::core& core) {
    std::uint64_t number = 0;
    {
      const std::lock_guard lock(mutex_);
      way_ = way;
      binding_ = core.binding();
      last_ = core.weak_from_this();
      number = ++sessions_;
    }
    const std::string& name = transport_of(ways_[way]).name();
    core.tell_end([weak = weak_from_this(), name, number](std::error_code why) {
      const auto alive = weak.lock();
      if (!alive) return;
      if (why == errc::closed || why == errc::cancelled) return alive->forget(number);  // ended on this side
      alive->tell(connector_event::kind::lost, name, why, why.message());
    });
    connector_event event;
    event.what = way == 0 ? connector_event::kind::connected : connector_event::kind::degraded;
    event.transport = name;
    event.start = core.info().start;
    tell(event);
  }

  /// A session that was ended here is over.
  void forget(std::uint64_t number) {
    const std::lock_guard lock(mutex_);
    if (number == sessions_) binding_ = {};
  }

  /// Of the last session, if its connection has failed: one that lives on must not be taken from who has it,
  /// and one that was closed is over.
  session_binding binding_of_the_lost() {
    const std::lock_guard lock(mutex_);
    if (const auto last = last_.lock()) {
      const auto core = std::static_pointer_cast<session::core>(last);
      const auto why = core->failure();
      if (!why || why == errc::closed) return {};
    }
    return binding_;
  }

  /// False for the first call of all. What went well for long enough forgets what went badly before.
  bool begin_again() {
    const std::lock_guard lock(mutex_);
    if (!ended_at_) return false;
    if (wanted_.time()->now() - *ended_at_ >= options_.steady_after()) backoff_.reset();
    return true;
  }
  void note_end() {
    const std::lock_guard lock(mutex_);
    ended_at_ = wanted_.time()->now();
  }
  clock::duration next_pause() {
    const std::lock_guard lock(mutex_);
    return backoff_.next();
  }

  void tell(connector_event::kind what, std::string transport, std::error_code why = {},
            std::string explanation = {}) const {
    connector_event event;
    event.what = what;
    event.transport = std::move(transport);
    event.why = why;
    event.explanation = std::move(explanation);
    tell(event);
  }
  void tell(const connector_event& event) const {
    coseal::tell(self_.shared_state()->watched().lines, event);
    if (options_.on_event()) options_.on_event()(event);
  }

  const endpoint self_;
  const std::vector<route> ways_;
  const connect_options wanted_;
  const connector_options options_;

  mutable std::mutex mutex_;
  std::size_t way_ = 0;  // that the last session uses
  std::uint64_t sessions_ = 0;
  session_binding binding_;  // of the last session
  std::weak_ptr<waiter_owner> last_;
  backoff backoff_;
  std::optional<clock::time_point> ended_at_;  // the last round, well or not
};

connector::connector(endpoint self, std::vector<route> ways, connect_options wanted,
                     connector_options options) {
  check(ways, wanted, options);
  state_ = std::make_shared<state>(std::move(self), std::move(ways), std::move(wanted), std::move(options));
}

connector::~connector() = default;

task<result<session>> connector::connect(as_result_t, operation_options options, std::string* explanation) {
  const auto alive = state_;
  co_return co_await alive->connect(std::move(options), explanation);
}

task<session> connector::connect(operation_options options) {
  const auto alive = state_;
  std::string explanation;
  auto made = co_await alive->connect(std::move(options), &explanation);
  if (!made) throw error(made.error(), explanation);
  co_return *std::move(made);
}

task<result<session>> connector::better(as_result_t, operation_options options, std::string* explanation) {
  const auto alive = state_;
  co_return co_await alive->better(std::move(options), explanation);
}

task<session> connector::better(operation_options options) {
  const auto alive = state_;
  std::string explanation;
  auto made = co_await alive->better(std::move(options), &explanation);
  if (!made) throw error(made.error(), explanation);
  co_return *std::move(made);
}

bool connector::degraded() const noexcept {
  return state_->way() != 0;
}

}  // namespace coseal
