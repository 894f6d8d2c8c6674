#include "channel/server_core.hpp"

#include "channel/server_relay.hpp"
#include "session/session_registry.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

void rethrow(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);  // a bug: let it end the event loop where people see it
}

task<void> close_one(std::shared_ptr<server_connection> connection) {
  co_await connection->close();
}

}  // namespace

std::shared_ptr<server_core> server_core::start(asio::any_io_executor executor, server_settings settings) {
  std::shared_ptr<server_core> made(new server_core(std::move(executor), std::move(settings)));
  register_waits(made->executor_, made);
  if (const auto& numbers = made->settings_->numbers) {
    made->series_ = numbers->shared_registry()->layer<server_metrics>(*numbers);
    made->counted_.begin(numbers->shared_registry(), *made);
  }
  made->serve_http();
  for (const auto& where : made->settings_->carriers)
    made->listeners_.push_back(std::make_shared<listener>(
        made->executor_, made->settings_->self, made->with_answers(where), made->settings_->accepting));
  if (made->settings_->relay) {
    made->relay_ = std::make_shared<server_relay>(made->executor_, made->settings_->self,
                                                  made->settings_->contract, made->settings_->relay);
    made->relay_->begin(made);
  }
  asio::co_spawn(made->executor_, load(made), rethrow);
  for (const auto& each : made->listeners_) asio::co_spawn(made->executor_, accept(made, each), rethrow);
  return made;
}

server_core::~server_core() {
  counted_.end();
  free_node_memory();
}

/// The identity, so that what is wrong with it is known before the first client comes.
task<void> server_core::load(std::shared_ptr<server_core> self) {
  auto who = self->settings_->self;
  const auto key = co_await who.load();
  completions done(resume_by::post);
  const lock_type lock(self->mutex_);
  self->loaded_ = true;
  if (!key) self->failure_ = key.error();
  done.add_all(self->loading_, {});
  if (!key) done.add_all(self->running_, {});
}

task<void> server_core::accept(std::shared_ptr<server_core> self, std::shared_ptr<listener> from) {
  for (;;) {
    auto made = co_await from->accept(as_result);
    if (!made) co_return;
    self->adopt(*std::move(made));
  }
}

void server_core::adopt(session made) {
  auto over = std::make_shared<session>(std::move(made));
  const session_info info = over->info();
  if (info.start == session_start::resumed) {
    std::shared_ptr<server_connection> waiting;
    {
      const lock_type lock(mutex_);
      const auto known = by_session_.find(info.session_id);
      const auto found = known == by_session_.end() ? connections_.end() : connections_.find(known->second);
      if (found != connections_.end() && !closed_ && !draining_) waiting = found->second;
    }
    if (waiting && waiting->offer(over)) return;
  }
  begin(std::move(over), std::nullopt);
}

void server_core::begin(std::shared_ptr<session> over, std::optional<frame_batch> first) {
  std::shared_ptr<server_connection> connection;
  {
    const session_info info = over->info();
    const lock_type lock(mutex_);
    if (closed_ || draining_) return;
    const client_id id{next_client_++};
    connection = std::make_shared<server_connection>(id, std::move(over), settings_, audience(self()));
    connections_.emplace(id, connection);
    if (info.level != security_level::none) by_session_.insert_or_assign(info.session_id, id);
  }
  register_waits(connection->strand(), connection);
  asio::co_spawn(connection->strand(), serve(self(), connection, std::move(first), turn::first), rethrow);
}

/// The session has ended; whether its client is waited for.
bool server_core::keep(server_connection& connection, std::error_code why) {
  {
    const lock_type lock(mutex_);
    if (closed_ || draining_ || away_.size() >= settings_->lost.clients) return false;
    // One that opens sessions and breaks them shall not push out the others.
    const auto share = std::max<std::size_t>(settings_->lost.clients / 8, 8);
    if (away_.count(connection.with()->key()) >= share) return false;
    away_.insert(connection.with()->key());
  }
  if (connection.wait_for_return(why)) return true;
  no_longer_away(connection);
  return false;
}

void server_core::no_longer_away(const server_connection& connection) {
  const lock_type lock(mutex_);
  away_.erase(away_.find(connection.with()->key()));
}

task<void> server_core::serve(std::shared_ptr<server_core> self,
                              std::shared_ptr<server_connection> connection, std::optional<frame_batch> first,
                              turn which) {
  const auto settings = self->settings_;
  std::error_code why;
  {
    // Also when a hook throws: whoever waits for the last connection must not wait for this one.
    left_behind until_served{*self, *connection};
    if (which == turn::first && settings->on_connected) settings->on_connected(*connection->with());
    for (bool served = true; served;) {
      const auto end = co_await server_connection::serve(connection, std::exchange(first, std::nullopt));
      if (!end) {
        until_served.how = left_behind::outcome::quiet;
        serve_when_receivable(self, connection);
        co_return;
      }
      why = *end;
      served = self->keep(*connection, why);
      if (!served) break;
      served = co_await server_connection::return_of_client(connection, first);
      self->no_longer_away(*connection);
    }
    connection->end();
    until_served.how = left_behind::outcome::ended;
  }
  if (settings->on_disconnected) settings->on_disconnected(*connection->with(), why);
  // Of the same session, but with nothing to go on from: a client that has been restarted.
  if (auto another = connection->take_offered()) self->begin(std::move(another), std::move(first));
}

/// Until then the connection has no coroutine.
void server_core::serve_when_receivable(std::shared_ptr<server_core> self,
                                        std::shared_ptr<server_connection> connection) {
  const auto over = connection->over();
  over->when_receivable([self = std::move(self), connection = std::move(connection)] {
    asio::co_spawn(connection->strand(), serve(self, connection, std::nullopt, turn::again), rethrow);
  });
}

server_core::left_behind::~left_behind() {
  if (how == outcome::quiet) return;
  if (how == outcome::failed) connection.abort();
  const auto of = connection.over()->info().session_id;
  completions done(resume_by::post);
  const lock_type lock(core.mutex_);
  core.connections_.erase(connection.with()->id());
  const auto mine = core.by_session_.find(of);
  if (mine != core.by_session_.end() && mine->second == connection.with()->id()) core.by_session_.erase(mine);
  const push_counters last = connection.counters();
  core.gone_.pushed += last.pushed;
  core.gone_.sent += last.sent;
  core.gone_.dropped += last.dropped;
  core.gone_.lost += last.lost + last.waiting;
  if (core.connections_.empty()) done.add_all(core.emptying_, {});
}

task<result<void>> server_core::run(operation_options options) {
  const wait_bounds bounds(options, time());
  const auto ready = [this](std::error_code&) { return closed_ || failure_; };
  const auto error = co_await wait(self(), running_, bounds, 0, ready);
  if (error) co_return error;
  const lock_type lock(mutex_);
  co_return failure_;
}

task<result<void>> server_core::ready(operation_options options) {
  const wait_bounds bounds(options, time());
  const auto ready = [this](std::error_code&) { return loaded_; };
  const auto error = co_await wait(self(), loading_, bounds, 0, ready);
  if (error) co_return error;
  const lock_type lock(mutex_);
  co_return failure_;
}

void server_core::stop_accepting() noexcept {
  std::vector<std::shared_ptr<listener>> open;
  {
    const lock_type lock(mutex_);
    draining_ = true;
    open = listeners_;
  }
  for (const auto& each : open) each->close();
}

task<result<void>> server_core::drain(operation_options options) {
  const wait_bounds bounds(options, time());
  stop_accepting();
  drain_http();
  const auto open = connections();
  for (const auto& each : open) each->drain();
  for (const auto& each : open) {
    operation_options left;
    if (bounds.deadline) left.within(std::max(*bounds.deadline - time().now(), clock::duration(1)));
    left.stop(bounds.token);
    const auto idle = co_await each->idle(left);
    if (!idle) co_return idle;
  }
  const auto answered = [this](std::error_code&) { return http_calls() == 0; };
  const auto late = co_await wait(self(), http_idle_, bounds, 0, answered);
  if (late) co_return late;
  co_await close();
  co_return result<void>();
}

task<void> server_core::close() {
  stop_accepting();
  stop_http();
  const auto open = connections();
  for (const auto& each : open) asio::co_spawn(each->strand(), close_one(each), asio::detached);
  const auto none = [this](std::error_code&) { return connections_.empty(); };
  static_cast<void>(co_await wait(self(), emptying_, wait_bounds(), 0, none));
  abort();
}

void server_core::abort() noexcept {
  stop_accepting();
  stop_http();
  if (relay_) relay_->stop();
  for (const auto& each : connections()) each->abort();
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  closed_ = true;
  alarm_.cancel();
  done.add_all(running_, {});
}

std::vector<std::string> server_core::addresses() const {
  const lock_type lock(mutex_);
  std::vector<std::string> all;
  for (const auto& each : listeners_) all.push_back(each->address());
  return all;
}

std::vector<std::shared_ptr<server_connection>> server_core::connections() const {
  const lock_type lock(mutex_);
  std::vector<std::shared_ptr<server_connection>> all;
  all.reserve(connections_.size());
  for (const auto& [id, connection] : connections_) all.push_back(connection);
  return all;
}

std::shared_ptr<server_connection> server_core::find(client_id id) const {
  const lock_type lock(mutex_);
  const auto found = connections_.find(id);
  return found == connections_.end() ? nullptr : found->second;
}

std::vector<std::shared_ptr<server_connection>> server_core::meant(const push_target& to) const {
  if (const auto* id = std::get_if<client_id>(&to)) {
    std::vector<std::shared_ptr<server_connection>> one;
    if (auto found = find(*id)) one.push_back(std::move(found));
    return one;
  }
  auto all = connections();
  std::erase_if(all, [&to](const auto& each) {
    const coseal::peer& with = *each->with();
    if (const auto* where = std::get_if<coordinate>(&to)) {
      const auto proved = with.verified_coordinate();
      return !proved || !where->matches(*proved);
    }
    const auto* key = std::get_if<public_key>(&to);
    return key != nullptr && with.key() != *key;
  });
  return all;
}

push_counters server_core::counters() const {
  const lock_type lock(mutex_);
  push_counters all = gone_;
  for (const auto& [id, connection] : connections_) {
    const push_counters now = connection->counters();
    all.pushed += now.pushed;
    all.sent += now.sent;
    all.dropped += now.dropped;
    all.lost += now.lost;
    all.waiting += now.waiting;
  }
  return all;
}

void server_core::read(metrics_readings& into) const {
  const push_counters pushes = counters();
  into.add(series_->pushes_sent, pushes.sent);
  into.add(series_->pushes_dropped, pushes.dropped);
  into.add(series_->pushes_lost, pushes.lost);
  into.add(series_->push_queue, static_cast<std::int64_t>(pushes.waiting));
  // No copies: who lets go of a session last takes the lock under which this is called.
  const lock_type lock(mutex_);
  into.add(series_->clients, static_cast<std::int64_t>(connections_.size()));
  for (const auto& [id, connection] : connections_)
    into.add(series_->calls, static_cast<std::int64_t>(connection->calls()));
}

void server_core::note_deadline(clock::time_point when) {
  alarm_.ring_by(when, *this, executor_, &server_core::on_alarm);
}

void server_core::on_alarm() {
  completions done(resume_by::post);
  const lock_type lock(mutex_);
  alarm_.has_rung();
  expiry look(*this, done);
  for (wait_list* list : {&running_, &loading_, &emptying_, &http_idle_}) look.look_at(*list);
  note_deadline(look.next());
}

void server_core::on_context_shutdown() noexcept {
  if (relay_) relay_->stop();
  wait_list doomed;
  std::map<client_id, std::shared_ptr<server_connection>> connections;
  std::vector<std::shared_ptr<listener>> listeners;
  std::unique_ptr<clock::alarm> alarm;
  {
    const lock_type lock(mutex_);
    closed_ = true;
    for (wait_list* list : {&running_, &loading_, &emptying_, &http_idle_})
      while (waiter* node = list->pop()) doomed.push(*node);
    connections.swap(connections_);
    listeners.swap(listeners_);
    alarm = alarm_.release();
  }
  while (waiter* node = doomed.pop()) node->destroy();
}

}  // namespace coseal
