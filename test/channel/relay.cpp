#include "channel/relay_windows.hpp"
#include "channel/scene.hpp"
#include "fuzz/relayed_push.hpp"
#include "support/await.hpp"

#include <random>

namespace coseal::test {
namespace {

/// A bus that its owner writes to, keeps and loses at will.
class bus_in_hand final : public message_bus {
 public:
  task<result<void>> publish(std::string topic, std::vector<std::byte> message) override {
    if (away) co_return errc::storage_failed;
    sent.push_back(message);
    const auto done = co_await inner_->publish(std::move(topic), std::move(message));
    co_return done;
  }
  subscription subscribe(std::string topic,
                         std::function<void(const std::vector<std::byte>&)> on_message) override {
    topics.push_back(topic);
    return inner_->subscribe(std::move(topic), std::move(on_message));
  }
  void inject(std::vector<std::byte> message) {
    REQUIRE(await(inner_->publish(topics.front(), std::move(message))));
  }

  bool away = false;
  std::vector<std::vector<std::byte>> sent;
  std::vector<std::string> topics;

 private:
  std::shared_ptr<message_bus> inner_ = memory_bus();
};

/// Two processes of one backend, with a client each, and a third that is of another identity.
struct two_processes : scene {
  std::shared_ptr<bus_in_hand> bus = std::make_shared<bus_in_hand>();
  memory_listening second_listening{io};
  std::optional<runtime> second_backend;
  std::optional<runtime> far_frontend;
  server second;
  client far;
  std::vector<std::uint32_t> here, there;

  explicit two_processes(security_level l = security_level::encrypted) : scene(l) {
    serving.relay = bus;
    connecting.handlers = {handle<news>([this](news in) -> task<void> {
      here.push_back(in.number);
      co_return;
    })};
    open();
    second_backend.emplace(io.get_executor(), coordinate("backend", "main"), backend.self().store());
    serve_options options = serving;
    options.carriers = {second_listening.address()};
    second = serve_channel(*second_backend, test_channel(), options);

    far_frontend.emplace(io.get_executor(), coordinate("frontend", "far"), memory_storage());
    client_options reaching;
    reaching.peer = coordinate("backend");
    reaching.security = level;
    reaching.time = time;
    reaching.limits = connecting.limits;
    reaching.transports = {transport(
        "memory",
        [this](asio::any_io_executor, operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
          co_return second_listening.connect();
        })};
    reaching.handlers = {handle<news>([this](news in) -> task<void> {
      there.push_back(in.number);
      co_return;
    })};
    far = connect_channel(*far_frontend, test_channel(), std::move(reaching));
    run([this]() -> task<void> {
      co_await caller.ready();
      co_await far.ready();
    });
    settle();
  }
  ~two_processes() {
    far = client();
    second = server();
    end();
  }
};

using numbers = std::vector<std::uint32_t>;

}  // namespace

TEST_CASE("a broadcast reaches the clients of every process, in order", "[channel][relay]") {
  two_processes s(GENERATE(from_range(every_level)));
  s.run([&]() -> task<void> {
    for (std::uint32_t i = 1; i <= 100; ++i) {
      const auto report = co_await s.served.broadcast<news>(i, "to all");
      CHECK(report.clients == 1);
      CHECK(report.published);
    }
  });
  s.settle();
  s.run([&]() -> task<void> {
    const auto back = co_await s.second.broadcast<news>(101U, "back");
    CHECK(back.published);
  });
  s.settle();
  numbers all;
  for (std::uint32_t i = 1; i <= 101; ++i) all.push_back(i);
  CHECK(s.here == all);
  CHECK(s.there == all);
  CHECK(s.bus->sent.size() == 101);  // encoded and sealed once each
  // What was pushed to clients here is counted here alone.
  CHECK(s.served.counters().pushed == 101);
  CHECK(s.second.counters().pushed == 101);
  CHECK(s.served.relayed().published == 100);
  CHECK(s.served.relayed().received == 1);
  CHECK(s.second.relayed().received == 100);
  CHECK(s.second.relayed().refused == 0);
}

TEST_CASE("a client is found by its coordinate or key wherever it is connected", "[channel][relay]") {
  two_processes s;
  const auto key = await(endpoint(s.far_frontend->self()).load()).value();
  s.run([&]() -> task<void> {
    const auto by_instance = co_await s.served.push_to<news>(coordinate("frontend", "far"), 1U, "");
    CHECK(by_instance.clients == 0);
    CHECK(by_instance.published);
    co_await s.served.push_to<news>(key, 2U, "");
    const auto both = co_await s.served.push_to<news>(coordinate("frontend"), 3U, "");
    CHECK(both.clients == 1);
    co_await s.served.push_to<news>(coordinate("frontend", "nobody"), 4U, "");
    // Ids are of one process.
    const news named{5, ""};
    const auto local = co_await s.served.push_to(s.served.clients().front(), named);
    CHECK(!local.published);
  });
  s.settle();
  CHECK(s.there == numbers{1, 2, 3});
  CHECK(s.here == numbers{3, 5});
}

TEST_CASE("a name that is only claimed is sent nothing that was meant for it", "[channel][relay]") {
  two_processes s(security_level::none);
  s.run([&]() -> task<void> { co_await s.served.push_to<news>(coordinate("frontend"), 1U, ""); });
  s.settle();
  CHECK(s.here.empty());
  CHECK(s.there.empty());
}

TEST_CASE("who can write to the bus can push nothing, not even what was pushed before", "[channel][relay]") {
  two_processes s;
  s.run([&]() -> task<void> { co_await s.served.broadcast<news>(1U, "once"); });
  s.settle();
  REQUIRE(s.there == numbers{1});
  const auto message = s.bus->sent.at(0);
  std::uint64_t refused = 0;
  s.bus->inject(message);  // a replay, also of our own to ourselves
  for (std::size_t at : {std::size_t{0}, std::size_t{1}, std::size_t{5}, std::size_t{29}, std::size_t{40},
                         message.size() - 1}) {
    auto changed = message;
    changed[at] ^= std::byte{1};
    s.bus->inject(changed);
  }
  s.bus->inject({});
  s.bus->inject(std::vector<std::byte>(100));
  s.settle();
  refused = s.second.relayed().refused;
  CHECK(refused == 9);
  CHECK(s.there == numbers{1});
  CHECK(s.here == numbers{1});

  // A process of another identity, on the same bus.
  runtime stranger_backend(s.io.get_executor(), coordinate("backend", "main"), memory_storage());
  memory_listening elsewhere(s.io);
  serve_options options = s.serving;
  options.carriers = {elsewhere.address()};
  server other = serve_channel(stranger_backend, test_channel(), options);
  s.run([&]() -> task<void> { co_await other.broadcast<news>(66U, "forged"); });
  s.settle();
  CHECK(s.there == numbers{1});
  CHECK(s.second.relayed().refused == refused + 1);
  other = server();
  s.settle();
}

TEST_CASE("a process with another channel takes only what both define", "[channel][relay]") {
  two_processes s;
  const channel other =
      define_channel({.to_connector = {domain("events").action<stranger>().action<news>()}});
  memory_listening elsewhere(s.io);
  serve_options options = s.serving;
  options.handlers.clear();
  options.carriers = {elsewhere.address()};
  server changed = serve_channel(*s.second_backend, other, options);
  s.run([&]() -> task<void> {
    co_await s.served.broadcast<news>(1U, "of position 0 here, 1 there");
    co_await changed.broadcast<stranger>(2U);
  });
  s.settle();
  CHECK(changed.relayed().refused == 1);
  CHECK(s.second.relayed().refused == 1);
  CHECK(s.there == numbers{1});
  changed = server();
  s.settle();
}

TEST_CASE("a bus that is away costs the clients of other processes, and is told", "[channel][relay]") {
  two_processes s;
  s.bus->away = true;
  s.run([&]() -> task<void> {
    const auto report = co_await s.served.broadcast<news>(1U, "here alone");
    CHECK(report.clients == 1);
    CHECK(!report.published);
  });
  s.bus->away = false;
  s.run([&]() -> task<void> { co_await s.served.broadcast<news>(2U, "to all"); });
  s.settle();
  CHECK(s.here == numbers{1, 2});
  CHECK(s.there == numbers{2});
  CHECK(s.served.relayed().unpublished == 1);
  CHECK(s.served.relayed().published == 1);
}

TEST_CASE("windows take each number once, and nothing that is old", "[channel][relay]") {
  relay_windows windows;
  const relay_windows::process_id one{std::byte{1}}, other{std::byte{2}};
  const auto now = 1'000'000ms;
  CHECK(windows.admit(one, 5, now, now));
  CHECK(!windows.admit(one, 5, now, now));
  CHECK(windows.admit(one, 3, now, now));
  CHECK(!windows.admit(one, 3, now, now));
  CHECK(windows.admit(other, 5, now, now));
  CHECK(windows.admit(one, 100, now, now));
  CHECK(!windows.admit(one, 36, now, now));
  CHECK(windows.admit(one, 37, now, now));
  CHECK(!windows.admit(one, 100, now, now));
  CHECK(!windows.admit(one, 0, now, now));
  CHECK(!windows.admit(one, 101, now - 31s, now));
  CHECK(!windows.admit(one, 101, now + 31s, now));
  CHECK(windows.admit(one, 102, now + 30s, now));
  // Full, then room for those that were silent; what they sent before stays refused by its time.
  for (std::size_t i = 0; i < relay_windows::max_processes; ++i) {
    relay_windows::process_id process{std::byte{3}, static_cast<std::byte>(i),
                                      static_cast<std::byte>(i >> 8)};
    windows.admit(process, 1, now, now);
  }
  const relay_windows::process_id late{std::byte{4}};
  CHECK(!windows.admit(late, 1, now, now));
  CHECK(windows.admit(late, 1, now + 61s, now + 61s));
  CHECK(!windows.admit(one, 102, now + 30s, now + 61s));
  CHECK(!windows.admit(one, 102, now + 30s, now));  // a clock that is set back
}

TEST_CASE("relayed pushes are read as they were written, and nothing else", "[channel][relay]") {
  std::mt19937 random(7);
  for (const push_target& to : {push_target(all_clients()), push_target(coordinate("frontend", "one")),
                                push_target(coordinate("frontend")), push_target(public_key{})}) {
    relayed_push message;
    message.number = 7;
    message.time = 1'000;
    message.to = to;
    message.position = 3;
    message.body = bytes(20, std::byte{9});
    const auto written = write_relayed_push(message);
    REQUIRE(parse_relayed_push(written));
    CHECK(parse_relayed_push(written)->body == message.body);
    for (std::size_t n = 0; n < written.size() - 20; ++n)
      CHECK(!parse_relayed_push(std::span(written).first(n)));
    for (int i = 0; i < 2'000; ++i) {
      auto changed = written;
      for (int n = 0; n < 3; ++n) changed[random() % changed.size()] = static_cast<std::byte>(random());
      fuzz_relayed_push(changed);
    }
  }
}

}  // namespace coseal::test
