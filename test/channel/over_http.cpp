#include "channel/scene.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/exchange.hpp>
#include <coseal/listen_any.hpp>

#include <algorithm>
#include <string_view>

namespace coseal::test {
namespace {

task<std::string> greet_over_http(greet in, context&) {
  co_return "hello " + in.name;
}

/// A scene whose port takes everything, and a client that has HTTP alone unless it is told otherwise.
struct web_scene : scene {
  std::shared_ptr<bytes> written = std::make_shared<bytes>();  ///< what clients sent over HTTP
  std::size_t opened = 0;                                      ///< connections of HTTP
  std::vector<duplex_carrier*> lines;                          ///< their ends at the client
  bool http_reachable = true;
  std::vector<std::string> log;
  std::function<memory_listening&()> next_place = [this]() -> memory_listening& { return listening; };

  explicit web_scene(security_level l = security_level::encrypted) : scene(l) {
    connecting.allow_exchange = true;
    on<greet>(greet_over_http);
    on<translate>([](translate in, context&) -> task<std::string> {
      if (in.word.size() > 8) throw too_long{8};
      if (in.word == "fail") throw std::runtime_error("a secret of the backend");
      if (in.word == "no") throw call_refused("not this word");
      co_return "house";
    });
    on<wait_for>([this](wait_for in, context& where) -> task<std::uint32_t> {
      log.push_back("begin " + std::to_string(in.ms));
      try {
        co_await pause(std::chrono::milliseconds(in.ms));
      } catch (const std::system_error&) {
        log.push_back((where.cancelled() ? "cancelled " : "aborted ") + std::to_string(in.ms));
        throw;
      }
      co_return in.ms;
    });
    on<blob>([](blob in, context&) -> task<std::vector<std::byte>> { co_return std::move(in.bytes); });
    on<count_to>([](count_to in, sink<std::vector<std::byte>>& out, context&) -> task<void> {
      for (std::uint32_t i = 0; i < in.last; ++i) {
        const std::vector<std::byte> item(in.size);
        co_await out.send(item);
      }
    });
  }
  listen_address any_place(memory_listening& at) {
    listen_any_options options;
    options.time(time);
    return listen_any(at.address(), options);
  }
  transport over_http() {
    const auto open = [this](asio::any_io_executor,
                             operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
      if (!http_reachable) co_return asio::error::connection_refused;
      ++opened;
      tap ear;
      ear.written = written;
      std::unique_ptr<duplex_carrier> made =
          std::make_unique<tapped_carrier>(next_place().connect({}, forth, back), std::move(ear));
      lines.push_back(made.get());
      co_return std::move(made);
    };
    return http_exchange(http_target(transport("memory", open), "http://backend.example/coseal"));
  }
  web_scene& serve() {
    serving.carriers.push_back(any_place(listening));
    served = serve_channel(backend, test_channel(), serving);
    return *this;
  }
  web_scene& call_by(std::vector<transport> ways) {
    connecting.transports = std::move(ways);
    connecting.on_state = [this](const channel_state& state) { states.push_back(state); };
    caller = connect_channel(frontend, test_channel(), connecting);
    return *this;
  }
  web_scene& open_web() { return serve().call_by({over_http()}); }
  std::size_t posts() const {
    const std::string_view all(reinterpret_cast<const char*>(written->data()), written->size());
    std::size_t n = 0;
    for (auto at = all.find("POST /coseal HTTP/1.1\r\n"); at != all.npos;
         at = all.find("POST /coseal", at + 1))
      ++n;
    return n;
  }
};

template <typename A>
void check_web_end(const call_result<A>& end, call_outcome outcome, std::error_code error) {
  INFO(end.error().message() << ": " << end.text());
  CHECK(end.outcome() == outcome);
  CHECK(end.error() == error);
}

}  // namespace

TEST_CASE("calls over HTTP reach the same handlers and end as they do over a connection", "[channel][http]") {
  web_scene s(GENERATE(security_level::authenticated, security_level::encrypted));
  std::string caller_key, carrier;
  std::optional<coordinate> verified;
  bool with_deadline = false;
  s.serving.around.push_back([&](context& where, next_handler next) -> task<void> {
    caller_key = where.key() ? where.key()->fingerprint() : "";
    verified = where.caller();
    carrier = where.peer().carrier();
    with_deadline = where.deadline().has_value();
    s.log.emplace_back(where.action());
    co_await next();
  });
  s.open_web();
  s.run([&]() -> task<void> {
    const auto got = co_await s.caller.call<greet>("Ada");
    CHECK(got == "hello Ada");
    const auto house = co_await s.caller.try_call<translate>("haus");
    check_web_end(house, call_outcome::replied, {});
    const auto declared = co_await s.caller.try_call<translate>("Donaudampfschiff");
    check_web_end(declared, call_outcome::declared_error, call_errc::declared);
    REQUIRE(declared.declared<too_long>() != nullptr);
    CHECK(declared.declared<too_long>()->most == 8);
    const auto failed = co_await s.caller.try_call<translate>("fail");
    check_web_end(failed, call_outcome::unexpected_error, call_errc::handler_failed);
    CHECK(failed.text().empty());
    const auto refused = co_await s.caller.try_call<translate>("no");
    check_web_end(refused, call_outcome::unexpected_error, call_errc::refused);
    CHECK(refused.text() == "not this word");
    const auto nobody = co_await s.caller.try_call<forget>();
    check_web_end(nobody, call_outcome::unexpected_error, call_errc::no_handler);
    for (const std::size_t size : {0, 1, 70'000, 900'000}) {
      const blob sent{pattern(size, size)};
      const auto back = co_await s.caller.call(sent);
      CHECK(same(back, sent.bytes));
    }
    const blob too_large{pattern(1'100'000)};
    const auto end = co_await s.caller.try_call(too_large);
    check_web_end(end, call_outcome::not_sent, errc::frame_too_large);
  });
  CHECK(s.log.front() == "words/greet");
  CHECK(verified == coordinate("frontend", "one"));
  CHECK_FALSE(caller_key.empty());
  CHECK(carrier == "http");
  CHECK(with_deadline);
  REQUIRE(s.caller.peer());
  CHECK(s.caller.peer()->key());
  CHECK(s.caller.peer()->verified_coordinate() == coordinate("backend", "main"));
  CHECK(s.caller.peer()->carrier() == "http");
  REQUIRE(s.states.size() == 2);
  CHECK(s.states[1].state == connection_state::connected);
  CHECK(s.states[1].exchange);
  CHECK_FALSE(s.states[1].fallback);
  CHECK(s.states[1].level == s.level);
  s.end();
}

TEST_CASE("the first secure call over HTTP takes two round trips, each later one takes one",
          "[channel][http]") {
  web_scene s;
  s.open_web();
  s.run([&]() -> task<void> {
    co_await s.caller.ready();
    CHECK(s.posts() == 0);
    co_await s.caller.call<greet>("Ada");
    CHECK(s.posts() == 2);
    co_await s.caller.call<greet>("Grace");
    CHECK(s.posts() == 3);
  });
  CHECK(s.opened == 1);
  s.end();
}

TEST_CASE("what needs a connection says so at once where there is only HTTP", "[channel][http]") {
  web_scene s;
  std::error_code pushed;
  s.serving.around.push_back([&](context& where, next_handler next) -> task<void> {
    try {
      co_await where.audience().push_to<news>(where.client(), 1u, "for you");
    } catch (const error& e) {
      pushed = e.code();
    }
    co_await next();
  });
  s.open_web();
  s.run([&]() -> task<void> {
    const auto begun = s.time->now();
    const auto items = co_await s.caller.try_call<count_to>(3u, 10u);
    check_web_end(items, call_outcome::not_sent, errc::needs_duplex);
    std::error_code why;
    try {
      co_await s.caller.open<add_up>(1u);
    } catch (const call_error& e) {
      why = e.code();
    }
    CHECK(why == errc::needs_duplex);
    CHECK(s.time->now() - begun < 1s);
    co_await s.caller.call<greet>("Ada");
    // A client of another make gets the same from the server.
    const count_to asked{3, 10};
    const auto position = test_channel().to_acceptor().position_of(typeid(count_to));
    const call_end end = co_await s.caller.call_bytes(position, encoded(asked), {});
    CHECK(end.outcome() == call_outcome::not_sent);
    CHECK(end.error() == errc::needs_duplex);
  });
  CHECK(pushed == errc::needs_duplex);
  std::error_code opened;
  s.run([&]() -> task<void> {
    const endpoint self(coordinate("frontend"), memory_storage());
    auto made = co_await connect_session(as_result, self, s.over_http(), connect_options());
    opened = made.error();
  });
  CHECK(opened == errc::needs_duplex);
  s.end();
}

TEST_CASE("a client that could only half work is told when it is made", "[channel][http]") {
  web_scene s;
  const auto code_of = [&](client_options options) {
    options.transports = {s.over_http()};
    try {
      connect_channel(s.frontend, test_channel(), options);
    } catch (const error& e) {
      return e.code();
    }
    return std::error_code();
  };
  client_options without;
  CHECK(code_of(without) == errc::invalid_option);
  client_options in_clear;
  in_clear.allow_exchange = true;
  in_clear.security = security_level::none;
  CHECK(code_of(in_clear) == errc::invalid_option);
  s.settle();
}

TEST_CASE("a client falls back to HTTP, says why, and returns when the connection is back",
          "[channel][http]") {
  web_scene s;
  s.reachable = false;
  s.serve().call_by({s.to_server(), s.over_http()});
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    CHECK(s.posts() == 2);
    REQUIRE(s.states.size() == 2);
    CHECK(s.states[1].exchange);
    CHECK(s.states[1].fallback);
    CHECK(s.states[1].why == asio::error::connection_refused);
    CHECK(s.states[1].transport == "http://backend.example/coseal");
    co_await s.pause(5s);
    CHECK(s.attempts > 3);
    s.reachable = true;
    co_await s.pause(30s);
    REQUIRE(s.states.size() == 3);
    CHECK(s.states[2].state == connection_state::connected);
    CHECK_FALSE(s.states[2].exchange);
    CHECK_FALSE(s.states[2].fallback);
    co_await s.caller.call<greet>("Ada");
    CHECK(s.posts() == 2);
    const auto items = co_await s.caller.try_call<count_to>(1u, 10u);
    check_web_end(items, call_outcome::replied, {});
  });
  s.end();
}

TEST_CASE("a call waits for a way while neither works, and goes by the first that does", "[channel][http]") {
  web_scene s;
  s.http_reachable = false;
  s.open_web();
  s.run([&]() -> task<void> {
    s.start([&]() -> task<void> {
      co_await s.pause(3s);
      s.http_reachable = true;
    });
    co_await s.caller.call<greet>("Ada", within(60s));
    s.http_reachable = false;
    const auto late = co_await s.caller.try_call<greet>("Ada", within(5s));
    check_web_end(late, call_outcome::replied, {});  // over the connection that is there
  });
  s.end();
}

TEST_CASE("a server that is killed during a call over HTTP leaves the call unknown", "[channel][http]") {
  web_scene s;
  s.open_web();
  std::optional<call_outcome> cut;
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    s.start([&]() -> task<void> {
      const auto end = co_await s.caller.try_call<wait_for>(60'000u, within(20s));
      cut = end.outcome();
    });
    co_await s.pause(1s);
    REQUIRE(s.log.size() == 1);
    s.http_reachable = false;
    s.served = server();  // cancels the handler
    co_await s.pause(1s);
  });
  CHECK(cut == call_outcome::unknown);
  CHECK(s.log.back() == "cancelled 60000");
  s.end();
}

TEST_CASE("a call over HTTP whose connection ends is unknown, and the next one goes by another",
          "[channel][http]") {
  web_scene s;
  s.open_web();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    s.start([&]() -> task<void> {
      co_await s.pause(1s);
      s.lines.back()->close();
    });
    const auto once = co_await s.caller.try_call<wait_for>(3'000u, within(20s));
    CHECK(once.outcome() == call_outcome::unknown);
    CHECK(s.log.size() == 1);
    co_await s.caller.call<greet>("Ada");
  });
  CHECK(s.opened == 2);
  s.end();
}

TEST_CASE("the deadline of a call over HTTP reaches its handler", "[channel][http]") {
  web_scene s;
  s.open_web();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    const auto late = co_await s.caller.try_call<wait_for>(60'000u, within(2s));
    CHECK(late.outcome() == call_outcome::unknown);
    CHECK(late.error() == condition::timed_out);
    co_await s.pause(1s);
    CHECK(s.log.back() == "cancelled 60000");
    std::stop_source stop;
    s.start([&]() -> task<void> {
      co_await s.pause(1s);
      stop.request_stop();
    });
    call_options stopped;
    stopped.stop(stop.get_token());
    const auto ended = co_await s.caller.try_call<wait_for>(3'000u, stopped);
    check_web_end(ended, call_outcome::unknown, errc::cancelled);
  });
  s.end();
}

TEST_CASE("closing a client ends its calls over HTTP, draining a server waits for them", "[channel][http]") {
  web_scene s;
  s.open_web();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    std::optional<call_outcome> drained;
    s.start([&]() -> task<void> {
      const auto end = co_await s.caller.try_call<wait_for>(5'000u);
      drained = end.outcome();
    });
    co_await s.pause(1s);
    const auto begun = s.time->now();
    co_await s.served.drain();
    CHECK(s.time->now() - begun >= 3s);
    co_await s.pause(1s);
    CHECK(drained == call_outcome::replied);
    s.http_reachable = false;
    const auto late = co_await s.caller.try_call<greet>("Ada", within(2s));
    CHECK(late.outcome() == call_outcome::not_sent);
    co_await s.caller.close();
    const auto closed = co_await s.caller.try_call<greet>("Ada");
    check_web_end(closed, call_outcome::not_sent, errc::closed);
  });
  s.end();
}

TEST_CASE("handshakes over HTTP refuse another channel, another key and whom the server does not want",
          "[channel][http]") {
  web_scene s;
  bool welcome = true;
  s.serving.authorise = [&](authorisation_request) -> task<bool> { co_return welcome; };
  s.open_web();
  s.run([&]() -> task<void> {
    const auto fine = co_await s.caller.try_call<greet>("Ada");
    check_web_end(fine, call_outcome::replied, {});
    const channel other = define_channel({.to_acceptor = {domain("words").action<translate>()}});
    client_options options = s.connecting;
    const client stranger_to_it = connect_channel(s.frontend, other, options);
    const auto refused = co_await stranger_to_it.try_call<translate>("haus");
    check_web_end(refused, call_outcome::not_sent, errc::channel_mismatch);
    co_await s.pause(1ms);
    CHECK(s.states.back().state == connection_state::refused);
    welcome = false;
    runtime unwelcome(s.io.get_executor(), coordinate("frontend", "two"), memory_storage());
    const client out = connect_channel(unwelcome, test_channel(), options);
    const auto no = co_await out.try_call<greet>("Ada");
    check_web_end(no, call_outcome::not_sent, errc::not_authorised);
  });
  s.end();
}

TEST_CASE("a call over HTTP ends after ten minutes, whatever time its caller gives it", "[channel][http]") {
  web_scene s;
  s.open_web();
  s.run([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<wait_for>(3'600'000u, within(2h));
    check_web_end(end, call_outcome::unknown, call_errc::handler_timed_out);
  });
  CHECK(s.log.back() == "cancelled 3600000");
  s.end();
}

TEST_CASE("options of the exchange make a server stricter and never let in who was kept out",
          "[channel][http]") {
  web_scene s(security_level::authenticated);
  exchange_server_options options;
  SECTION("its minimum level counts") {
    options.minimum_level(security_level::encrypted);
    s.serving.exchange = options;
    s.open_web();
    s.run([&]() -> task<void> {
      const auto end = co_await s.caller.try_call<greet>("Ada");
      check_web_end(end, call_outcome::not_sent, errc::level_refused);
    });
    s.end();
  }
  SECTION("what goes around the server's own admission is refused") {
    const auto refuses = [&] {
      s.serving.exchange = options;
      std::error_code why;
      try {
        const server made = serve_channel(s.backend, test_channel(), s.serving);
      } catch (const error& e) {
        why = e.code();
      }
      return why == errc::invalid_option;
    };
    SECTION("plain handlers") {
      options.plain("/x",
                    [](exchange_request asked) -> task<std::vector<std::byte>> { co_return asked.body; });
      CHECK(refuses());
    }
    SECTION("a hook of its own") {
      options.authorise([](authorisation_request) -> task<bool> { co_return true; });
      CHECK(refuses());
    }
  }
}

TEST_CASE("who is authenticated may ask what a channel is, over a connection and over HTTP",
          "[channel][http]") {
  web_scene s(GENERATE(security_level::none, security_level::authenticated));
  const bool known = s.level != security_level::none;
  const bool off = GENERATE(false, true);
  if (off) s.serving.describe_from.reset();
  const bool http = known && GENERATE(false, true);
  s.serve().call_by({http ? s.over_http() : s.to_server()});
  s.run([&]() -> task<void> {
    const call_end end = co_await s.caller.call_bytes(65'536, payload(), {});
    if (off || !known) {
      CHECK(end.outcome() == call_outcome::unexpected_error);
      CHECK(end.error() == (off ? call_errc::no_handler : call_errc::level_too_low));
    } else {
      REQUIRE(end.outcome() == call_outcome::replied);
      const auto text = decode<std::string>(end.body());
      REQUIRE(text);
      CHECK(*text == describe_channel(test_channel()));
    }
  });
  s.end();
}

TEST_CASE("four processes with one identity serve one client's calls over HTTP in turn", "[channel][http]") {
  web_scene s;
  const auto store = memory_storage();
  exchange_server_options shared;
  shared.replay(replay_policy::shared(store));
  s.serving.exchange = shared;
  std::deque<memory_listening> places;
  std::vector<server> processes;
  std::array<int, 4> served{};
  for (std::size_t i = 0; i < 4; ++i) {
    runtime process(s.io.get_executor(), coordinate("backend", "main"), store);
    serve_options serving = s.serving;
    serving.around.push_back([&served, i](context&, next_handler next) -> task<void> {
      ++served[i];
      co_await next();
    });
    serving.carriers.push_back(s.any_place(places.emplace_back(s.io)));
    processes.push_back(serve_channel(process, test_channel(), serving));
  }
  std::size_t turn = 0;
  s.next_place = [&]() -> memory_listening& { return places[turn++ % 4]; };
  s.call_by({s.over_http()});
  s.run([&]() -> task<void> {
    for (int i = 0; i < 16; ++i) {
      s.start([&]() -> task<void> {  // at once, so that each has a connection of its own
        const auto end = co_await s.caller.try_call<wait_for>(100u);
        check_web_end(end, call_outcome::replied, {});
      });
    }
    co_await s.pause(5s);
  });
  for (const int n : served) CHECK(n > 0);
  CHECK(served[0] + served[1] + served[2] + served[3] == 16);
  s.caller = client();
  processes.clear();
  s.settle();
}

}  // namespace coseal::test
