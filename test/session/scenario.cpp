#include "session/scenario.hpp"

namespace coseal::test {

const std::vector<bytes>& scenario::frames() {
  static const std::vector<bytes> all{pattern(3, 1), pattern(200, 2), {}, pattern(4500, 3), pattern(50, 4)};
  return all;
}

scenario::scenario(security_level l) : encounter(l) {
  connector_limits.max_record = acceptor_limits.max_record = 4096;
  connector_limits.keepalive = acceptor_limits.keepalive = 20s;
}

task<std::error_code> scenario::connect(std::unique_ptr<duplex_carrier> carrier) {
  auto made =
      co_await connect_session(as_result, connector_side(), std::move(carrier), connecting, &connector_text);
  if (!made) co_return made.error();
  session end = *std::move(made);
  const auto accepted = co_await end.accepted(as_result);
  if (!accepted) co_return accepted.error();
  for (const auto& frame : frames()) {
    const auto sent = co_await end.send(as_result, frame);
    if (!sent) co_return sent.error();
  }
  for (const auto& frame : frames()) {
    const auto got = co_await end.receive(as_result);
    if (!got) co_return got.error();
    if (!same(got->bytes(), frame)) ++wrong;
    ++delivered_to_connector;
  }
  const auto pong = co_await end.ping(as_result);
  if (!pong) co_return pong.error();
  const auto closed = co_await end.close(as_result);
  co_return closed.error();
}

task<std::error_code> scenario::accept(std::unique_ptr<duplex_carrier> carrier) {
  auto made =
      co_await accept_session(as_result, acceptor_side(), std::move(carrier), accepting, &acceptor_text);
  if (!made) co_return made.error();
  session end = *std::move(made);
  for (;;) {
    const auto got = co_await end.receive(as_result);
    if (!got && got.error() == errc::peer_closed) break;
    if (!got) co_return got.error();
    if (delivered_to_acceptor == frames().size() || !same(got->bytes(), frames()[delivered_to_acceptor]))
      ++wrong;
    ++delivered_to_acceptor;
    const auto sent = co_await end.send(as_result, got->bytes());
    if (!sent) co_return sent.error();
  }
  const auto closed = co_await end.close(as_result);
  co_return closed.error();
}

scenario& scenario::play() {
  connecting.level(level).limits(connector_limits).time(time);
  accepting.limits(acceptor_limits).time(time);
  auto ends = carriers();
  const auto first = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(ends.first));
  const auto second = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(ends.second));
  start([this, second]() -> task<void> { acceptor_error = co_await accept(std::move(*second)); });
  start([this, first]() -> task<void> { connector_error = co_await connect(std::move(*first)); });
  run();
  return *this;
}

}  // namespace coseal::test
