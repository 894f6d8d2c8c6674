// The life of a client: connect, read, reconnect, end.

#include "channel/client_core.hpp"

#include "session/session_registry.hpp"

#include <coseal/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/co_spawn.hpp>
#include <asio/post.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr auto first_retry = std::chrono::milliseconds(100);
constexpr auto longest_retry = std::chrono::seconds(30);
/// A connection that lived so long was a good one: the next attempt comes soon.
constexpr auto proved_good = std::chrono::seconds(10);

}  // namespace

bool is_refusal(std::error_code error) noexcept {
  if (error == errc::busy || error == errc::truncated || error == errc::peer_failed ||
      error == errc::peer_closed)
    return false;
  return error != condition::transport && error != condition::timed_out && error != condition::local;
}

std::string_view to_string(connection_state state) noexcept {
  switch (state) {
    case connection_state::connecting:
      return "connecting";
    case connection_state::connected:
      return "connected";
    case connection_state::waiting:
      return "waiting";
    case connection_state::refused:
      return "refused";
    case connection_state::closed:
      return "closed";
  }
  return "?";
}

std::shared_ptr<client_core> client_core::start(asio::any_io_executor executor, client_settings settings) {
  std::shared_ptr<client_core> made(new client_core(std::move(executor), std::move(settings)));
  register_waits(made->strand_, made);
  asio::co_spawn(made->strand_, run(made),
                 asio::bind_cancellation_slot(made->stop_.slot(), [made](std::exception_ptr failure) {
                   const lock_type lock(made->mutex_);
                   if (failure && !made->closed_) std::rethrow_exception(failure);
                 }));
  return made;
}

task<void> client_core::run(std::shared_ptr<client_core> self) {
  unsigned attempt = 0;
  for (;;) {
    channel_state state;
    self->say(state);
    auto made = co_await self->connect(state, self->settings_.transports.size());
    const auto since = self->time().now();
    while (made && made->exchange) {
      made = co_await self->use_exchange(*std::move(made), state);
      if (self->time().now() - since >= proved_good) attempt = 0;
    }
    if (const lock_type lock(self->mutex_); self->closed_) co_return;
    if (made) {
      const auto connection = self->adopt(*std::move(made->connection));
      state.state = connection_state::connected;
      state.level = connection->over->info().level;
      state.start = connection->over->info().start;
      self->binding_ = connection->over->binding();
      // Where it asks to go on, it is connected when the answer is there.
      if (!connection->asked_window) self->say(state);
      while (!(state.why = co_await receive(self, connection))) {
        {
          const lock_type lock(self->mutex_);
          state.missed_pushes = self->news_->missed_pushes;
          self->news_.reset();
        }
        self->say(state);
      }
      state.missed_pushes.reset();
      state.explanation = connection->over->explain(state.why);
      self->lose(connection, state.why, state.explanation);
      if (const lock_type lock(self->mutex_); self->closed_) co_return;
      if (self->time().now() - since >= proved_good) attempt = 0;
    } else {
      state.why = made.error();
    }
    const bool refused = is_refusal(state.why);
    state.state = refused ? connection_state::refused : connection_state::waiting;
    state.retry_in = self->backoff(attempt++);
    if (refused) self->refuse_calls(state.why, state.explanation);
    self->say(state);
    co_await self->wait_before_retry(state.retry_in, refused);
    if (const lock_type lock(self->mutex_); self->closed_) co_return;
  }
}

/// One round through the first `count` transports; the first that comes up is taken.
task<result<client_core::way>> client_core::connect(channel_state& state, std::size_t count) {
  std::error_code why;
  connect_options wanted = settings_.connecting;
  if (binding_) wanted.resume(binding_);
  for (std::size_t i = 0; i < count; ++i) {
    const transport& where = settings_.transports[i];
    state.transport = where.name();
    state.fallback = i != 0;
    way made;
    made.index = i;
    std::string explanation;
    std::error_code failed;
    if (where.calls() != nullptr) {
      made.exchange = exchange_link::make(strand_, settings_.self, *where.calls(), settings_.connecting);
      const auto opened = co_await made.exchange->open(within(settings_.connecting.within()));
      failed = opened.error();
    } else {
      auto connected = co_await connect_session(as_result, settings_.self, where, wanted, &explanation);
      failed = connected.error();
      if (connected) made.connection = *std::move(connected);
    }
    if (const lock_type lock(mutex_); closed_) co_return errc::closed;
    if (!failed) co_return made;
    state.why = why = failed;
    state.explanation = std::move(explanation);
    if (is_refusal(failed)) break;
  }
  co_return why;
}

std::shared_ptr<client_connection> client_core::adopt(session over) {
  completions done(resume_by::post);
  const session_info info = over.info();
  auto with = std::make_shared<coseal::peer>(client_id{}, info.level,
                                             info.peer.empty() ? settings_.connecting.peer() : info.peer,
                                             info.peer_key, info.carrier, info.peer_address, info.start);
  std::shared_ptr<session> before;  // gone without the mutex
  lock_type lock(mutex_);
  if (info.start != session_start::resumed) give_up_away(done);
  const bool fresh = away_ == nullptr;
  const auto made =
      fresh ? std::make_shared<client_connection>(std::move(over)) : std::exchange(away_, nullptr);
  if (!fresh) before = std::exchange(made->over, std::make_shared<session>(std::move(over)));
  made->with = std::move(with);
  made->away = false;
  if (closed_) made->lost = true;
  if (info.level != security_level::none) ask_to_continue(*made);
  current_ = made;
  news_.reset();
  exchange_.reset();
  refused_ = {};
  refused_text_.clear();
  if (made->usable()) done.add_all(waiting_, {});
  lock.unlock();
  if (fresh)
    asio::co_spawn(strand_, handle_pushes(self(), made), [](std::exception_ptr failure) {
      if (failure) std::rethrow_exception(failure);
    });
  return made;
}

/// Everything outstanding on the connection ends. REFUSED is the peer's first record, at level none: it has
/// handed nothing to handlers. Nothing else that is called a refusal proves that, a Close or an alert of the
/// carrier least of all.
void client_core::lose(const std::shared_ptr<client_connection>& lost, std::error_code why,
                       const std::string& explanation) {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  const bool refused = lost->over->info().refused;
  if (current_ == lost) current_.reset();
  if (lost->lost) return;
  const call_end how(refused ? call_outcome::not_sent : call_outcome::unknown, why, explanation);
  if (!closed_ && lost->window && may_come_back(why) && binding_) return set_away(lost, how, done);
  lost->lost = true;
  lost->each_call([&](pending_call& call) {
    call.lost = true;
    finish(*lost, call, how, done);
  });
  done.add_all(lost->push_reader, {});
}

void client_core::refuse_calls(std::error_code why, const std::string& explanation) {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  refused_ = why;
  refused_text_ = explanation;
  asked_ = false;
  give_up_away(done);
  done.add_all(waiting_, why);
}

/// After a refusal a new attempt is made for somebody who wants it, but not before the time is over.
task<void> client_core::wait_before_retry(clock::duration how_long, bool refused) {
  wait_bounds bounds;
  bounds.deadline = time().now() + how_long;
  const auto ready = [this](std::error_code&) { return closed_; };
  static_cast<void>(co_await wait(self(), retry_, std::move(bounds), 0, ready));
  if (!refused) co_return;
  {
    const lock_type lock(mutex_);
    refused_ = {};
  }
  const auto wanted = [this](std::error_code&) { return closed_ || asked_; };
  static_cast<void>(co_await wait(self(), wanted_, wait_bounds(), 0, wanted));
}

clock::duration client_core::backoff(unsigned attempt) {
  const auto most = std::min<clock::duration>(first_retry * (1U << std::min(attempt, 12U)), longest_retry);
  std::uniform_real_distribution<double> part(0.5, 1.0);
  return std::chrono::duration_cast<clock::duration>(most * part(random_));
}

void client_core::want_connection() {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  asked_ = true;
  done.add_all(wanted_, {});
}

void client_core::say(const channel_state& state) const {
  if (settings_.on_state) settings_.on_state(state);
}

task<result<void>> client_core::ready(operation_options options) {
  const wait_bounds bounds(options, time());
  want_connection();
  for (;;) {
    const auto there = [this](std::error_code& error) {
      error = unusable();
      return error || (current_ && current_->usable()) || exchange_;
    };
    const auto error = co_await wait(self(), waiting_, bounds, 1, there);
    if (error) co_return error;
    const lock_type lock(mutex_);
    std::error_code ended;
    if (there(ended)) co_return result<void>(ended);
  }
}

task<void> client_core::close() {
  std::shared_ptr<client_connection> open;
  std::shared_ptr<exchange_link> over;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    if (closed_) co_return;
    closed_ = true;
    open = current_;
    over = std::move(exchange_);
    give_up_away(done);
    done.add_all(waiting_, errc::closed);
    done.add_all(retry_, errc::closed);
    done.add_all(wanted_, errc::closed);
  }
  if (over) over->stop();
  if (open) {
    lose(open, errc::closed, "the client was closed");
    static_cast<void>(co_await open->over->close(as_result, within(settings_.connecting.limits().close)));
  }
  abort();
}

void client_core::abort() noexcept {
  std::shared_ptr<client_connection> open;
  std::shared_ptr<exchange_link> over;
  {
    completions done(resume_by::post);
    const lock_type lock(mutex_);
    closed_ = true;
    open = current_;
    over = std::move(exchange_);
    alarm_.cancel();
    give_up_away(done);
    done.add_all(waiting_, errc::closed);
    done.add_all(retry_, errc::closed);
    done.add_all(wanted_, errc::closed);
  }
  if (over) over->stop();
  if (open) {
    lose(open, errc::closed, "the client was closed");
    open->over->abort();
  }
  asio::post(strand_, [alive = self()] { alive->stop_.emit(asio::cancellation_type::terminal); });
}

std::shared_ptr<coseal::peer> client_core::peer() const {
  const lock_type lock(mutex_);
  if (current_) return current_->with;
  return exchange_ ? exchange_->peer() : nullptr;
}

std::uint64_t client_core::unhandled_pushes() const {
  const lock_type lock(mutex_);
  return unhandled_pushes_;
}

void client_core::give_up(waiter& node, std::error_code error, completions& done) noexcept {
  done.add(node, error);
}

void client_core::note_deadline(clock::time_point when) {
  alarm_.ring_by(when, *this, strand_, &client_core::on_alarm);
}

void client_core::on_alarm() {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  alarm_.has_rung();
  expiry look(*this, done);
  look.look_at(waiting_);
  look.look_at(retry_);
  for (const auto& connection : {current_, away_})
    if (connection)
      connection->each_call([&](pending_call& call) {
        look.look_at(call.answer);
        look.look_at(call.readers);
        look.look_at(call.senders);
      });
  note_deadline(look.next());
}

void client_core::on_context_shutdown() noexcept {
  wait_list doomed;
  std::shared_ptr<client_connection> open, away;
  std::shared_ptr<exchange_link> over;
  std::unique_ptr<clock::alarm> alarm;
  {
    const lock_type lock(mutex_);
    closed_ = true;
    alarm = alarm_.release();
    open = std::move(current_);
    away = std::move(away_);
    over = std::move(exchange_);
    const auto doom = [&doomed](wait_list& list) {
      while (waiter* node = list.pop()) doomed.push(*node);
    };
    doom(waiting_);
    doom(retry_);
    doom(wanted_);
    for (const auto& connection : {open, away}) {
      if (!connection) continue;
      connection->lost = true;
      doom(connection->push_reader);
      connection->each_call([&](pending_call& call) {
        call.done = true;
        doom(call.answer);
        doom(call.readers);
        doom(call.senders);
      });
    }
  }
  while (waiter* node = doomed.pop()) node->destroy();
}

}  // namespace coseal
