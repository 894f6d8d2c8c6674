#include "http/server.hpp"

#include "http/error.hpp"

#include <coseal/error.hpp>

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include <chrono>
#include <exception>
#include <utility>

namespace coseal::http {
namespace {

/// So many beyond the limit hear 503; more are just closed.
constexpr std::size_t most_farewells = 64;

}  // namespace

server::server(asio::any_io_executor executor, std::unique_ptr<acceptor> accepts, handler answers,
               server_options options, std::shared_ptr<clock> time)
    : executor_(std::move(executor)),
      accepts_(std::move(accepts)),
      answers_(std::make_shared<const handler>(std::move(answers))),
      options_(std::make_shared<const server_options>(std::move(options))),
      time_(std::move(time)),
      one_gone_(executor_, asio::steady_timer::time_point::max()) {}

server::server(asio::any_io_executor executor, handler answers, server_options options,
               std::shared_ptr<clock> time)
    : server(std::move(executor), nullptr, std::move(answers), std::move(options), std::move(time)) {}

task<void> server::serve() {
  const auto alive = shared_from_this();
  std::error_code ignored;
  while (!draining_) {
    auto carrier = co_await accepts_->accept();
    if (draining_ || carrier.error() == coseal::errc::cancelled) break;  // also where somebody else closed it
    if (carrier) {
      take(*std::move(carrier));
      continue;
    }
    // A connection that died in the queue says nothing about us; a full table of descriptors passes.
    if (carrier.error() == asio::error::connection_aborted) continue;
    asio::steady_timer pause(executor_, std::chrono::milliseconds(50));
    co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
  while (!connections_.empty())
    co_await one_gone_.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
}

void server::drain() noexcept {
  draining_ = true;
  if (accepts_) accepts_->close();
  for (const auto& each : connections_) each->drain();
}

void server::take(std::unique_ptr<duplex_carrier> carrier, handler answers) {
  if (draining_) return carrier->close();
  const bool room = connections_.size() < options_->connections;
  if (!room && connections_.size() >= options_->connections + most_farewells) return carrier->close();
  auto by = answers ? std::make_shared<const handler>(std::move(answers)) : answers_;
  const auto connection =
      std::make_shared<server_connection>(std::move(carrier), time_, std::move(by), options_);
  connections_.insert(connection);
  auto work = room ? connection->serve() : connection->turn_away(errc::busy);
  // What goes wrong on one connection (memory, mostly) is that connection's end and no more.
  asio::co_spawn(executor_, std::move(work), [self = shared_from_this(), connection](std::exception_ptr) {
    self->connections_.erase(connection);
    self->one_gone_.cancel();
  });
}

}  // namespace coseal::http
