#include "exchange/exchange_stage.hpp"
#include "stores/kept_by_all.hpp"

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

TEST_CASE("a request that one process has handled is refused by another, whatever store they share",
          "[exchange]") {
  const shared_stores stores;
  for (const auto& address : stores.addresses()) {
    INFO(address);
    exchange_stage stage;
    // The identity too is read from the store; each process opens its own handle.
    const auto identity = await(stage.backend_store->get(identity_key)).value().value().value;
    REQUIRE(await((*storage_from(address))->put_if_absent(identity_key, identity)).value());
    stage.backend_store = storage_from(address).value();
    auto& one = stage.process(stage.shared_memory());
    stage.backend_store = storage_from(address).value();
    auto& other = stage.process(stage.shared_memory());

    auto session = stage.session(one);
    const auto asked = session.seal(octets_of("once"), 0s, false, stage.steady).value();
    CHECK(stage.open(session, asked, stage.post(one, asked.record)) == "re: once");
    CHECK(stage.open(session, asked, stage.post(other, asked.record)) == message(errc::request_replayed));
    CHECK(stage.open(session, asked, stage.post(one, asked.record)) == message(errc::request_replayed));
    CHECK(stage.ask(session, other, "next") == "re: next");
    CHECK(stage.handled == 3);
    CHECK(await(stage.backend_store->list("replay/")).value().size() == 3);
  }
}
