#include "stores/kept_by_all.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/child_process.hpp"
#include "support/hostile_storage.hpp"
#include "trust/identity_store.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/identity.hpp>

#include <array>
#include <cstring>
#include <deque>
#include <set>
#include <unistd.h>

using namespace coseal;
using namespace coseal::test;

namespace {

constexpr int many = 50;

/// What one of many processes came to.
struct provisioned_report {
  int created = -1;  ///< -1: failed
  std::array<char, 64> key{};
};

/// Starts `many` processes that wait for each other and then do `what` at once, each with a store of its own.
std::vector<provisioned_report> start_at_once(
    const std::string& address, const std::function<provisioned_report(std::shared_ptr<storage>)>& what) {
  int gate[2];
  int reports[2];
  REQUIRE(::pipe(gate) == 0);
  REQUIRE(::pipe(reports) == 0);
  std::deque<child_process> children;
  for (int i = 0; i < many; ++i)
    children.emplace_back([&] {
      ::close(gate[1]);
      char byte;
      if (::read(gate[0], &byte, 1) != 0) return 1;
      const auto report = what(patient_storage(address));
      return ::write(reports[1], &report, sizeof report) == sizeof report ? 0 : 2;
    });
  ::close(gate[1]);
  ::close(reports[1]);
  std::vector<provisioned_report> all;
  provisioned_report one;
  while (::read(reports[0], &one, sizeof one) == sizeof one) all.push_back(one);
  for (auto& child : children) CHECK(child.wait() == 0);
  ::close(gate[0]);
  ::close(reports[0]);
  return all;
}

provisioned_report report_of(const public_key& key, bool created) {
  provisioned_report made;
  made.created = created ? 1 : 0;
  std::memcpy(made.key.data(), key.to_hex().data(), made.key.size());
  return made;
}

std::string key_text(const provisioned_report& report) {
  return {report.key.data(), report.key.size()};
}

}  // namespace

TEST_CASE("fifty processes that start at once make one identity, in every store", "[stores]") {
  const shared_stores stores;
  for (const auto& address : stores.addresses()) {
    INFO(address);
    const auto provision = [](std::shared_ptr<storage> store) {
      const auto made = await(provision_identity(std::move(store)));
      return made ? report_of(made->key, made->created) : provisioned_report();
    };
    const auto reports = start_at_once(address, provision);
    CHECK(reports.size() == many);
    std::set<std::string> keys;
    int created = 0;
    for (const auto& report : reports) {
      CHECK(report.created >= 0);
      keys.insert(key_text(report));
      created += report.created;
    }
    CHECK(keys.size() == 1);
    CHECK(created == 1);
  }
}

TEST_CASE("fifty processes that require an identity never make one, in every store", "[stores]") {
  const shared_stores stores;
  for (const auto& address : stores.addresses()) {
    INFO(address);
    const auto load = [](std::shared_ptr<storage> store) {
      endpoint self(coordinate("backend"), std::move(store), identity_mode::required);
      const auto key = await(self.load());
      if (!key && key.error() != errc::identity_missing) return provisioned_report();
      return key ? report_of(*key, true) : report_of(public_key(), false);
    };
    for (const auto& report : start_at_once(address, load)) CHECK(report.created == 0);
    const auto store = patient_storage(address);
    CHECK(await(store->list("")).value().empty());
    const auto made = await(provision_identity(store)).value();
    for (const auto& report : start_at_once(address, load)) {
      CHECK(report.created == 1);
      CHECK(key_text(report) == made.key.to_hex());
    }
  }
}

TEST_CASE("a store that lies and fails is never given an identity by those who require one", "[stores]") {
  const auto inner = memory_storage();
  const auto store = std::make_shared<hostile_storage>(inner);
  const auto key = await(provision_identity(inner)).value().key;
  for (std::size_t i = 0; i < many; ++i) {
    store->serve_stale_reads(i % 4);
    if (i % 5 == 0) store->fail_at(i % 3);
    if (i % 7 == 0) store->lose_answer_at(i % 2);
    endpoint self(coordinate("backend"), store, identity_mode::required);
    for (int again = 0; again < 4; ++again) {
      const auto loaded = await(self.load());
      if (loaded)
        CHECK(*loaded == key);
      else
        CHECK((loaded.error() == errc::identity_missing || loaded.error() == errc::storage_failed));
    }
    store->heal();
  }
  CHECK(store->writes() == 0);
  CHECK(await(inner->list("")).value() == std::vector<std::string>{identity_key});
}
