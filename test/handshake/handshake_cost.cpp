// What a handshake costs beside the primitives it can not do without. Hidden: run with [.cost] in a release
// build.
#include "crypto/key_agreement.hpp"
#include "crypto/signature.hpp"
#include "handshake/meeting.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace coseal::test {
namespace {

using microseconds = std::chrono::duration<double, std::micro>;

/// Microseconds of the fastest of many rounds of ten.
template <typename Work>
double fastest(Work work) {
  double best = 1e9;
  for (int round = 0; round < 200; ++round) {
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) work();
    best = std::min(best, microseconds(std::chrono::steady_clock::now() - start).count() / 10);
  }
  return best;
}

task<void> connect(handshake_link& link, connect_request request, int& done) {
  const auto agreed = co_await connect_handshake(link, std::move(request));
  if (agreed) ++done;
}

task<void> accept(handshake_link& link, accept_policy policy, int& done) {
  const auto agreed = co_await accept_handshake(link, std::move(policy));
  if (agreed) ++done;
}

double primitives() {
  const auto key = signing_key::generate();
  const key_share peer = ephemeral_key::generate().share();
  const std::vector<std::byte> message(125);
  return fastest([&] {
    for (int side = 0; side < 2; ++side) {
      auto mine = ephemeral_key::generate();
      auto shared = std::move(mine).agree(peer);
      (void)shared;
      const auto signature = key.sign(message);
      CHECK(verify_signature(key.public_part(), message, signature));
    }
  });
}

}  // namespace

TEST_CASE("a handshake costs little more than its primitives", "[.cost]") {
  meeting warm;
  warm.run();
  warm.commit_pins();
  const auto connector = std::make_shared<endpoint::state>(coordinate("frontend"), warm.connector_store,
                                                           identity_mode::required, trust_options{});
  const auto acceptor = std::make_shared<endpoint::state>(coordinate("backend"), warm.acceptor_store,
                                                          identity_mode::required, trust_options{});
  asio::io_context io{1};
  const auto one = [&] {
    wire to_acceptor(io);
    wire to_connector(io);
    memory_link connector_end(to_connector, to_acceptor);
    memory_link acceptor_end(to_acceptor, to_connector);
    connect_request request;
    request.self = connector;
    request.wanted = coordinate("backend");
    accept_policy policy;
    policy.self = acceptor;
    int done = 0;
    const auto ended = [](std::exception_ptr) {};
    asio::co_spawn(io, accept(acceptor_end, std::move(policy), done), ended);
    asio::co_spawn(io, connect(connector_end, std::move(request), done), ended);
    io.restart();
    io.run();
    if (done != 2) throw std::runtime_error("no agreement");
  };
  const double handshake = fastest(one);
  const double floor = primitives();
  std::printf("handshake/both_sides/memory %.1f us, primitives %.1f us, ratio %.3f\n", handshake, floor,
              handshake / floor);
}

}  // namespace coseal::test
