#include "handshake/handshake.hpp"
#include "micro.hpp"
#include "plain_socket.hpp"
#include "session_pair.hpp"
#include "stopwatch.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>
#include <asio/use_awaitable.hpp>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <vector>

namespace coseal::bench {
namespace {

/// Records on their way to one end. A waiting reader is resumed by a post: a timer as the signal would cost
/// system calls, which the floor does not have.
class mailbox {
 public:
  explicit mailbox(asio::io_context& io) : io_(io) {}

  void put(std::span<const std::byte> records) {
    while (!records.empty()) {
      const auto header = record_header::parse(records.first<record_header::size>());
      const auto body = records.subspan(record_header::size, header.length);
      waiting_.emplace_back(header, std::vector<std::byte>(body.begin(), body.end()));
      records = records.subspan(record_header::size + header.length);
    }
    if (reader_) asio::post(io_, std::exchange(reader_, nullptr));
  }
  task<result<handshake_record>> take() {
    if (waiting_.empty()) co_await arrival();
    handshake_record first = std::move(waiting_.front());
    waiting_.pop_front();
    co_return first;
  }

 private:
  task<void> arrival() {
    const auto remember = [this](auto reader) {
      const auto shared = std::make_shared<decltype(reader)>(std::move(reader));
      reader_ = [shared] { (*shared)(); };
    };
    return asio::async_initiate<decltype(asio::use_awaitable), void()>(remember, asio::use_awaitable);
  }

  asio::io_context& io_;
  std::deque<handshake_record> waiting_;
  std::function<void()> reader_;
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

task<void> accept_end(std::unique_ptr<duplex_carrier> carrier, accept_options options) {
  session s = co_await accept_session(accepting_endpoint(), std::move(carrier), std::move(options));
  const auto end = co_await s.receive_some(as_result);  // there until the connector has left
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
    asio::co_spawn(io, accept_end(std::move(b), link.accepting()), rethrow);
    asio::co_spawn(io, connect_end(std::move(a), link.connecting()), rethrow);
    io.run();
    io.restart();
  });
}

}  // namespace coseal::bench
