// The subject of request and ping: coseal through its public session API.

#include "request.hpp"
#include "session_pair.hpp"

#include <span>
#include <stdexcept>

namespace coseal::bench {
namespace {

task<void> ask(session s, std::size_t message_size, request_meter& meter) {
  const std::vector<std::byte> request(message_size, std::byte{7});
  const std::vector<std::span<const std::byte>> requests(meter.due(), request);
  while (!meter.over()) {
    std::span<const std::span<const std::byte>> due(requests.data(), meter.due());
    meter.sent_all_due();
    while (!due.empty()) {
      auto taken = co_await s.send_some(as_result, due);
      due = due.subspan(value_or_throw(taken, s));
    }
    auto replies = co_await s.receive_some(as_result);
    meter.replied(value_or_throw(replies, s).size());
  }
  co_await s.close();
}

task<void> answer(session s) {
  while (true) {
    auto requests = co_await s.receive_some(as_result);
    if (requests.error() == errc::peer_closed) break;
    for (const auto request : value_or_throw(requests, s)) {
      const auto queued = s.try_send(request);
      if (queued == asio::error::would_block) {
        co_await s.send(request);
      } else if (queued) {
        throw error(queued, s.explain(queued));
      }
    }
  }
  co_await s.close();
}

task<void> ask_one_by_one(session s, std::size_t message_size, request_meter& meter) {
  const std::vector<std::byte> request(message_size, std::byte{7});
  while (!meter.over()) {
    meter.sent_all_due();
    co_await s.send(request);
    const frame reply = co_await s.receive();
    meter.replied(1);
  }
  co_await s.close();
}

task<void> answer_one_by_one(session s) {
  while (true) {
    auto request = co_await s.receive(as_result);
    if (request.error() == errc::peer_closed) break;
    co_await s.send(value_or_throw(request, s).bytes());
  }
  co_await s.close();
}

}  // namespace

run_result request_meter::result() {
  if (!over()) throw std::runtime_error("the connection ended before the time was over");
  run_result r;
  r.rate = window_.rate();
  r.p50_us = latencies_.quantile_us(0.50);
  r.p99_us = latencies_.quantile_us(0.99);
  return r;
}

run_result request_session(const request_load& load) {
  request_meter meter(load);
  const bool one = load.outstanding == 1;
  session_link link;
  link.carrier = load.carrier;
  link.level = load.level;
  link.aead = load.aead;
  link.congestion = load.congestion;
  link.pin = load.pin;
  const auto client = [&](session s) {
    return one ? ask_one_by_one(std::move(s), load.message_size, meter)
               : ask(std::move(s), load.message_size, meter);
  };
  const auto server = [&](session s) { return one ? answer_one_by_one(std::move(s)) : answer(std::move(s)); };
  if (load.one_thread) {
    run_session_pair_on_one_thread(link, client, server);
  } else {
    run_session_pair(link, client, server);
  }
  return meter.result();
}

}  // namespace coseal::bench
