#include "session/stage.hpp"

#include <asio/co_spawn.hpp>

#include <algorithm>

namespace coseal::test {

bytes pattern(std::size_t n, std::size_t seed) {
  bytes out(n);
  std::uint64_t x = seed * 0x9e3779b97f4a7c15U + 1;
  for (auto& b : out) {
    x = x * 6364136223846793005U + 1442695040888963407U;
    b = static_cast<std::byte>(x >> 56);
  }
  return out;
}

bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
  return std::ranges::equal(a, b);
}

bool typed(std::error_code error) {
  for (const auto group : {condition::malformed, condition::peer_misbehaved, condition::incompatible,
                           condition::refused, condition::misuse, condition::storage, condition::transport,
                           condition::timed_out, condition::cancelled, condition::local})
    if (error == group) return true;
  return false;
}

void stage::start(script play) {
  bodies_.push_back(std::move(play));
  ++running_;
  asio::co_spawn(io, bodies_.back()(), [this](std::exception_ptr failure) {
    --running_;
    if (failure && !failure_) failure_ = failure;
  });
}

void stage::rethrow() {
  if (failure_) std::rethrow_exception(std::exchange(failure_, nullptr));
}

void stage::run(clock::duration limit) {
  const bool ended = run_until(
      io, *time, [this] { return running_ == 0 || failure_; }, limit);
  rethrow();
  if (!ended) FAIL(running_ << " coroutines hang");
}

void stage::settle() {
  run_ready(io);
  rethrow();
}

void stage::pass(clock::duration how_much) {
  const auto end = time->now() + how_much;
  run_until(
      io, *time, [] { return false; }, how_much);
  time->advance_to(end);
  settle();
}

encounter::encounter(security_level l) : level(l) {
  connecting.peer(coordinate("backend"));
}

endpoint encounter::connector_side() const {
  return endpoint(connector_name, connector_store, identity_mode::create_if_missing, connector_trust);
}

endpoint encounter::acceptor_side() const {
  return endpoint(acceptor_name, acceptor_store, identity_mode::create_if_missing, acceptor_trust);
}

std::pair<std::unique_ptr<duplex_carrier>, std::unique_ptr<duplex_carrier>> encounter::carriers() {
  auto ends = memory_pair(io.get_executor(), io.get_executor(), forth, back);
  return {std::make_unique<tapped_carrier>(std::move(ends.first), connector_tap),
          std::make_unique<tapped_carrier>(std::move(ends.second), acceptor_tap)};
}

void encounter::begin_connector(std::unique_ptr<duplex_carrier> carrier) {
  connecting.level(level).limits(connector_limits).time(time);
  const auto held = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(carrier));
  start([this, held]() -> task<void> {
    auto made =
        co_await connect_session(as_result, connector_side(), std::move(*held), connecting, &connector_text);
    connector_error = made.error();
    if (made) connector = *std::move(made);
  });
}

void encounter::begin_acceptor(std::unique_ptr<duplex_carrier> carrier) {
  accepting.limits(acceptor_limits).time(time);
  const auto held = std::make_shared<std::unique_ptr<duplex_carrier>>(std::move(carrier));
  start([this, held]() -> task<void> {
    auto made =
        co_await accept_session(as_result, acceptor_side(), std::move(*held), accepting, &acceptor_text);
    acceptor_error = made.error();
    if (made) acceptor = *std::move(made);
  });
}

void encounter::begin() {
  auto ends = carriers();
  begin_acceptor(std::move(ends.second));
  begin_connector(std::move(ends.first));
}

encounter& encounter::try_to_meet() {
  begin();
  run();
  return *this;
}

encounter& encounter::meet() {
  try_to_meet();
  INFO(connector_error.message() << "; " << acceptor_error.message());
  REQUIRE(connector);
  REQUIRE(acceptor);
  return *this;
}

std::vector<pin> encounter::pins(std::shared_ptr<storage> store) {
  std::vector<pin> found;
  run([&]() -> task<void> {
    auto listed = co_await list_pins(store);
    REQUIRE(listed);
    found = *std::move(listed);
  });
  return found;
}

public_key encounter::key(std::shared_ptr<storage> store) {
  public_key found;
  run([&]() -> task<void> {
    const auto identity = co_await provision_identity(store);
    REQUIRE(identity);
    found = identity->key;
  });
  return found;
}

}  // namespace coseal::test
