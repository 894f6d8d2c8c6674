#include "handshake/handshake.hpp"
#include "micro.hpp"
#include "plain_socket.hpp"
#include "session_pair.hpp"
#include "stopwatch.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/redirect_error.hpp>
#include <asio/steady_timer.hpp>

#include <deque>
#include <optional>
#include <stdexcept>
#include <vector>

namespace coseal::bench {
namespace {

/// Records on their way to one end.
class mailbox {
 public:
  explicit mailbox(asio::io_context& io) : arrival_(io, std::chrono::steady_clock::time_point::max()) {}

  void put(std::span<const std::byte> records) {
    while (!records.empty()) {
      const auto header = record_header::parse(records.first<record_header::size>());
      const auto body = records.subspan(record_header::size, header.length);
      waiting_.emplace_back(header, std::vector<std::byte>(body.begin(), body.end()));
      records = records.subspan(record_header::size + header.length);
    }
    arrival_.cancel();
  }
  task<result<handshake_record>> take() {
    std::error_code woken;
    while (waiting_.empty()) co_await arrival_.async_wait(asio::redirect_error(asio::use_awaitable, woken));
    handshake_record first = std::move(waiting_.front());
    waiting_.pop_front();
    co_return first;
  }

 private:
  std::deque<handshake_record> waiting_;
  asio::steady_timer arrival_;
};

class mailbox_link final : public handshake_link {
 public:
  mailbox_link(mailbox& in, mailbox& out) : in_(in), out_(out) {}
  task<result<handshake_record>> receive() override { return in_.take(); }
  task<result<void>> send(std::vector<std::byte> records) override {
    out_.put(records);
    co_return result<void>();
  }

 private:
  mailbox& in_;
  mailbox& out_;
};

task<void> commit_pin(std::shared_ptr<endpoint::state> self, std::optional<peer_pinned> pinned) {
  if (!pinned) throw std::runtime_error("a handshake without a proof");
  peer_pinned admitted = *std::move(pinned);
  const auto written = co_await self->pins().commit(std::move(admitted));
  written.value();
}

task<void> connect_side(mailbox_link& link) {
  connect_request request;
  request.self = connecting_endpoint().shared_state();
  request.wanted = accepting_endpoint().who();
  auto outcome = co_await connect_handshake(link, std::move(request));
  co_await commit_pin(connecting_endpoint().shared_state(), std::move(outcome.value().pinned));
}

task<void> accept_side(mailbox_link& link) {
  accept_policy policy;
  policy.self = accepting_endpoint().shared_state();
  auto outcome = co_await accept_handshake(link, std::move(policy));
  if (outcome.value().refused) throw error(outcome->refused_because);
  co_await commit_pin(accepting_endpoint().shared_state(), std::move(outcome->agreed.pinned));
}

task<void> connect_end(std::unique_ptr<duplex_carrier> carrier, connect_options options) {
  const session s = co_await connect_session(connecting_endpoint(), std::move(carrier), std::move(options));
}

task<void> accept_end(std::unique_ptr<duplex_carrier> carrier, accept_options options, session& held) {
  held = co_await accept_session(accepting_endpoint(), std::move(carrier), std::move(options));
}

template <typename BothEnds>
run_result one_after_the_other(std::chrono::nanoseconds length, BothEnds both_ends) {
  std::size_t done = 0;
  const auto began = time_now(time_kind::processor);
  auto now = began;
  for (; now - began < length; now = time_now(time_kind::processor), ++done) {
    both_ends();
  }
  run_result r;
  r.rate = static_cast<double>(done) / std::chrono::duration<double>(now - began).count();
  r.p50_us = 1e6 / r.rate;
  return r;
}

}  // namespace

run_result handshake_in_memory(std::chrono::nanoseconds length) {
  asio::io_context io(1);
  return one_after_the_other(length, [&] {
    mailbox to_connector(io), to_acceptor(io);
    mailbox_link connector(to_connector, to_acceptor), acceptor(to_acceptor, to_connector);
    asio::co_spawn(io, accept_side(acceptor), rethrow);
    asio::co_spawn(io, connect_side(connector), rethrow);
    io.run();  // both mailboxes must live until here
    io.restart();
  });
}

run_result session_in_memory(std::chrono::nanoseconds length, const std::string& aead) {
  asio::io_context io(1);
  session_link link;
  link.aead = aead;
  return one_after_the_other(length, [&] {
    auto [a, b] = memory_pair(io.get_executor(), io.get_executor());
    session held;
    asio::co_spawn(io, accept_end(std::move(b), link.accepting(), held), rethrow);
    asio::co_spawn(io, connect_end(std::move(a), link.connecting()), rethrow);
    io.run();
    io.restart();
  });
}

}  // namespace coseal::bench
