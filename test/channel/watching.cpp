// What those who watch an endpoint see of its channels: numbers, entries of the log, spans.

#include "channel/scene.hpp"

#include <asio/co_spawn.hpp>
#include <asio/thread_pool.hpp>
#include <asio/use_future.hpp>

#include <atomic>
#include <cstdlib>
#include <fstream>
#include <map>
#include <thread>

namespace coseal::test {
namespace {

/// The value of one series as the text shows it.
std::string sample_of(const std::string& text, const std::string& series) {
  const auto at = ("\n" + text).find("\n" + series + " ");
  if (at == std::string::npos) return "none";
  const auto begin = at + series.size() + 1;
  return text.substr(begin, text.find('\n', begin) - begin);
}

std::string calls_series(const std::string& side, const std::string& action, const std::string& outcome) {
  return "coseal_calls_total{side=\"" + side + "\",action=\"" + action + "\",outcome=\"" + outcome + "\"}";
}

using expected_samples = std::map<std::string, std::string>;

void check_samples(const metrics& numbers, const expected_samples& expected) {
  const std::string text = numbers.prometheus();
  for (const auto& [series, value] : expected) {
    CAPTURE(series);
    CHECK(sample_of(text, series) == value);
  }
}

/// For another parser than ours, where a test asks for it: the text, and what must be in it.
void write_for_other_parser(const metrics& numbers, const expected_samples& expected) {
  const char* const folder = std::getenv("COSEAL_METRICS_FOLDER");
  if (folder == nullptr) return;
  std::ofstream(std::string(folder) + "/metrics.txt") << numbers.prometheus();
  std::ofstream wanted(std::string(folder) + "/expected.txt");
  for (const auto& [series, value] : expected) wanted << series << ' ' << value << '\n';
}

struct recording_tracer final : tracer {
  std::vector<call_span> begun, over;
  void started(const call_span& what) noexcept override { begun.push_back(what); }
  void ended(const call_span& what) noexcept override { over.push_back(what); }
};

}  // namespace

TEST_CASE("the numbers agree with what happened", "[channel][watching]") {
  scene s;
  const metrics behind, before;
  s.backend.observe(behind);
  s.frontend.observe(before);
  std::uint64_t written = 0;
  s.listening.on_write = [&](std::span<const asio::const_buffer> all) {
    for (const auto& each : all) written += each.size();
  };
  s.serving.around = {[](context& where, next_handler next) -> task<void> {
    if (where.action() == "data/echo_items") throw call_refused("not for you");
    co_await next();
  }};
  s.on<greet>([](greet in) -> task<std::string> { co_return "hello " + in.name; });
  s.on<translate>([](translate in) -> task<std::string> {
    if (in.word == "fail") throw std::runtime_error("as asked");
    throw unknown_word{in.word};
  });
  s.on<wait_for>([&](wait_for in) -> task<std::uint32_t> {
    co_await s.pause(std::chrono::milliseconds(in.ms));
    co_return in.ms;
  });
  s.serving.handlers.push_back(handle<blob>([](blob in) -> task<std::vector<std::byte>> {
                                 co_return std::move(in.bytes);
                               }).requires_level(security_level::encrypted));
  s.on<count_to>([](count_to in, sink<std::vector<std::byte>>& out) -> task<void> {
    const std::vector<std::byte> item(1);
    for (std::uint32_t i = 0; i < in.last; ++i) co_await out.send(item);
  });
  s.on<echo_items>([](echo_items, stream<std::string>&, sink<std::string>&) -> task<void> { co_return; });
  s.connecting.handlers.push_back(handle<news>([](news) -> task<void> { co_return; }));
  s.open();
  s.run([&]() -> task<void> {
    for (int i = 0; i < 3; ++i) co_await s.caller.call<greet>("Ada");
    for (int i = 0; i < 2; ++i) {
      const auto end = co_await s.caller.try_call<translate>("haus");
      CHECK(end.outcome() == call_outcome::declared_error);
    }
    const auto failed = co_await s.caller.try_call<translate>("fail");
    CHECK(failed.error() == call_errc::handler_failed);
    const auto nobody = co_await s.caller.try_call<forget>();
    CHECK(nobody.error() == call_errc::no_handler);
    const std::vector<std::byte> three(3);
    const auto weak = co_await s.caller.try_call<blob>(three);
    CHECK(weak.error() == call_errc::level_too_low);
    const auto late = co_await s.caller.try_call<wait_for>(60'000U, within(5s));
    CHECK(late.outcome() == call_outcome::unknown);
    auto items = co_await s.caller.call<count_to>(2U, 0U);
    while (co_await items.next()) {
    }
    auto upload = co_await s.caller.open<echo_items>();
    try {
      co_await upload.finish();
    } catch (const call_error& refused) {
      CHECK(refused.code() == call_errc::refused);
    }
    news said;
    said.number = 1;
    for (int i = 0; i < 4; ++i) co_await s.served.broadcast(said);
  });
  s.pass(1s);

  expected_samples server{
      {calls_series("server", "words/greet", "replied"), "3"},
      {calls_series("server", "words/greet", "handler_failed"), "0"},
      {calls_series("server", "words/translate", "declared_error"), "2"},
      {calls_series("server", "words/translate", "handler_failed"), "1"},
      {calls_series("server", "data/forget", "no_handler"), "1"},
      {calls_series("server", "data/blob", "level_too_low"), "1"},
      {calls_series("server", "time/wait_for", "timed_out"), "1"},
      {calls_series("server", "data/count_to", "replied"), "1"},
      {calls_series("server", "data/echo_items", "refused"), "1"},
      {calls_series("server", "(unknown)", "no_handler"), "0"},
      {"coseal_call_seconds_count{side=\"server\",action=\"words/greet\"}", "3"},
      {"coseal_call_seconds_bucket{side=\"server\",action=\"words/translate\",le=\"+Inf\"}", "3"},
      {"coseal_handshakes_total{role=\"acceptor\",level=\"authenticated\",result=\"ok\"}", "1"},
      {"coseal_handshake_seconds_count{role=\"acceptor\"}", "1"},
      {"coseal_sessions{role=\"acceptor\",level=\"authenticated\"}", "1"},
      {"coseal_sessions{role=\"connector\",level=\"authenticated\"}", "0"},
      {"coseal_server_clients", "1"},
      {"coseal_calls_running", "0"},
      {"coseal_pushes_total{result=\"sent\"}", "4"},
      {"coseal_pushes_total{result=\"dropped\"}", "0"},
      {"coseal_push_queue", "0"},
      {"coseal_session_bytes_total{direction=\"sent\"}", std::to_string(written)},
  };
  check_samples(behind, server);
  write_for_other_parser(behind, server);
  check_samples(before,
                {{calls_series("client", "words/greet", "replied"), "3"},
                 {calls_series("client", "words/translate", "declared_error"), "2"},
                 {calls_series("client", "words/translate", "unexpected_error"), "1"},
                 {calls_series("client", "data/forget", "unexpected_error"), "1"},
                 {calls_series("client", "time/wait_for", "unknown"), "1"},
                 {calls_series("client", "data/count_to", "replied"), "1"},
                 {"coseal_handshakes_total{role=\"connector\",level=\"authenticated\",result=\"ok\"}", "1"},
                 {"coseal_sessions{role=\"connector\",level=\"authenticated\"}", "1"},
                 {"coseal_session_bytes_total{direction=\"received\"}", std::to_string(written)}});
  // Both ends counted the same things on the way.
  const auto both = [&](const std::string& series) {
    const std::string end = series + "_total{direction=\"", sent = end + "sent\"}",
                      received = end + "received\"}";
    CHECK(sample_of(before.prometheus(), sent) == sample_of(behind.prometheus(), received));
    CHECK(sample_of(before.prometheus(), received) == sample_of(behind.prometheus(), sent));
    CHECK(std::stoul(sample_of(before.prometheus(), sent)) > 0);
  };
  both("coseal_session_bytes");
  both("coseal_frames");
  const std::string sent = sample_of(behind.prometheus(), "coseal_frames_total{direction=\"sent\"}");
  s.end();
  // What has gone was counted nevertheless, and is open no more.
  check_samples(behind, {{"coseal_sessions{role=\"acceptor\",level=\"authenticated\"}", "0"},
                         {"coseal_frames_total{direction=\"sent\"}", sent},
                         {"coseal_pushes_total{result=\"sent\"}", "4"},
                         {"coseal_server_clients", "0"}});
}

TEST_CASE("handshakes are counted by how they ended", "[channel][watching]") {
  scene s(security_level::encrypted);
  const metrics behind, before;
  s.backend.observe(behind);
  s.frontend.observe(before);
  s.serving.authorise = [](authorisation_request who) -> task<bool> {
    co_return who.where.environment() == "nobody";
  };
  s.open();
  s.run([&]() -> task<void> {
    const auto end = co_await s.caller.try_call<greet>("Ada", within(1s));
    CHECK(end.outcome() == call_outcome::not_sent);
  });
  check_samples(behind,
                {{"coseal_handshakes_total{role=\"acceptor\",level=\"encrypted\",result=\"refused\"}", "1"},
                 {"coseal_sessions{role=\"acceptor\",level=\"encrypted\"}", "0"},
                 {"coseal_handshake_seconds_count{role=\"acceptor\"}", "0"}});
  check_samples(before,
                {{"coseal_handshakes_total{role=\"connector\",level=\"encrypted\",result=\"refused\"}", "1"},
                 {calls_series("client", "words/greet", "not_sent"), "1"}});
  s.end();
}

TEST_CASE("a call carries its trace, and each side gives its span", "[channel][watching][trace]") {
  scene s;
  const auto client_side = std::make_shared<recording_tracer>(),
             server_side = std::make_shared<recording_tracer>();
  s.backend.observe(server_side);
  s.frontend.observe(client_side);
  std::vector<std::optional<trace_context>> seen;
  s.on<greet>([&](greet, context& where) -> task<std::string> {
    seen.push_back(where.trace());
    co_return "";
  });
  s.on<count_to>([&](count_to, sink<std::vector<std::byte>>&, context& where) -> task<void> {
    seen.push_back(where.trace());
    co_return;
  });
  s.open();
  const trace_context parent = new_trace();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    co_await s.caller.call<greet>("Ada", traced(parent).within(5s));
    auto items = co_await s.caller.call<count_to>(0U, 0U, traced(parent));
    const auto item = co_await items.next();
    CHECK_FALSE(item.has_value());
    const auto missing = co_await s.caller.try_call<forget>();
    CHECK_FALSE(missing);
  });
  REQUIRE(client_side->over.size() == 4);
  REQUIRE(server_side->over.size() == 4);
  REQUIRE(server_side->begun.size() == 4);
  REQUIRE(seen.size() == 3);
  for (std::size_t i = 0; i < 4; ++i) {
    const call_span& calls = client_side->over[i];
    const call_span& serves = server_side->over[i];
    CHECK(calls.of == call_span::side::client);
    CHECK(serves.of == call_span::side::server);
    CHECK(calls.name == serves.name);
    CHECK(serves.context.trace_id == calls.context.trace_id);
    CHECK(serves.parent == calls.context.span_id);
    CHECK(serves.context.span_id != calls.context.span_id);
    if (i < 3) CHECK(seen[i] == serves.context);
  }
  CHECK_FALSE(client_side->over[0].parent);
  CHECK(client_side->over[0].context.trace_id != parent.trace_id);
  CHECK(client_side->over[1].context.trace_id == parent.trace_id);
  CHECK(client_side->over[1].parent == parent.span_id);
  CHECK(client_side->over[2].parent == parent.span_id);
  CHECK(client_side->over[3].outcome == "unexpected_error");
  CHECK(server_side->over[3].outcome == "no_handler");
  CHECK(server_side->over[0].outcome == "replied");
  s.end();
}

TEST_CASE("a trace goes through where nobody traces, and is none where none was given",
          "[channel][watching][trace]") {
  scene s;
  std::vector<std::optional<trace_context>> seen;
  s.on<greet>([&](greet, context& where) -> task<std::string> {
    seen.push_back(where.trace());
    co_return "";
  });
  s.open();
  const trace_context parent = new_trace();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    co_await s.caller.call<greet>("Ada", traced(parent));
  });
  CHECK(seen == std::vector<std::optional<trace_context>>{std::nullopt, parent});
  s.end();
}

TEST_CASE("a tracer may scrape, also when a large answer has left", "[channel][watching][trace]") {
  struct scraping final : tracer {
    metrics numbers;
    std::size_t scraped = 0;
    void ended(const call_span&) noexcept override { scraped += numbers.prometheus().empty() ? 0 : 1; }
  };
  scene s(security_level::encrypted);
  const auto watcher = std::make_shared<scraping>();
  s.backend.observe(watcher->numbers).observe(watcher);
  s.on<blob>([](blob in) -> task<std::vector<std::byte>> { co_return std::move(in.bytes); });
  s.open();
  s.run([&]() -> task<void> {
    const std::vector<std::byte> large(100'000);
    const auto end = co_await s.caller.try_call<blob>(large);
    CHECK(end);
  });
  CHECK(watcher->scraped == 1);
  check_samples(watcher->numbers, {{calls_series("server", "data/blob", "replied"), "1"}});
  s.end();
}

TEST_CASE("a call whose middleware throws has an end nevertheless", "[channel][watching][trace]") {
  scene s;
  const metrics numbers;
  const auto spans = std::make_shared<recording_tracer>();
  s.frontend.observe(numbers).observe(spans);
  s.connecting.around = {[](std::string_view, next_call) -> task<call_end> {
    throw std::runtime_error("as asked");
    co_return call_end();
  }};
  s.open();
  s.run([&]() -> task<void> {
    bool threw = false;
    try {
      co_await s.caller.call<greet>("Ada");
    } catch (const std::runtime_error&) {
      threw = true;
    }
    CHECK(threw);
  });
  check_samples(numbers, {{calls_series("client", "words/greet", "unknown"), "1"}});
  REQUIRE(spans->over.size() == 1);
  CHECK(spans->over[0].outcome == "unknown");
  s.end();
}

TEST_CASE("scrapes while connections come and go on many threads see counters grow",
          "[channel][watching][threads]") {
  asio::thread_pool pool(3);
  const metrics numbers;
  constexpr int rounds = 20;
  {
    runtime backend(pool.get_executor(), coordinate("backend"), memory_storage());
    backend.observe(numbers);
    server open = serve_channel(
        backend, test_channel(),
        {.carriers = {listen_tcp("127.0.0.1:0")},
         .handlers = {handle<greet>([](greet in) -> task<std::string> { co_return in.name; })}});
    std::atomic<bool> over = false;
    std::atomic<bool> shrank = false;
    std::thread scraper([&] {
      std::uint64_t last = 0;
      while (!over) {
        const auto seen = sample_of(numbers.prometheus(), "coseal_frames_total{direction=\"received\"}");
        const std::uint64_t now = seen == "none" ? 0 : std::stoull(seen);
        if (now < last) shrank = true;
        last = now;
      }
    });
    runtime frontend(pool.get_executor(), coordinate("frontend"), memory_storage());
    for (int i = 0; i < rounds; ++i) {
      client caller = connect_channel(
          frontend, test_channel(),
          {.peer = coordinate("backend"), .transports = {transport_from(open.addresses().front()).value()}});
      asio::co_spawn(pool, caller.call<greet>("Ada"), asio::use_future).get();
      asio::co_spawn(pool, caller.close(), asio::use_future).get();
    }
    over = true;
    scraper.join();
    CHECK_FALSE(shrank);
    asio::co_spawn(pool, open.close(), asio::use_future).get();
  }
  pool.join();
  check_samples(numbers, {{calls_series("server", "words/greet", "replied"), std::to_string(rounds)},
                          {"coseal_server_clients", "0"}});
}

TEST_CASE("the log says what happened and keeps secrets", "[channel][watching][log]") {
  scene s(security_level::encrypted);
  std::string lines;
  const log everything(json_log([&](std::string_view line) { lines += line; }), log_level::debug);
  s.backend.observe(everything);
  s.frontend.observe(everything);
  s.backend.use(log_calls(everything));
  s.connecting.around = {log_calls(everything)};
  s.on<greet>([](greet) -> task<std::string> { co_return "the answer is confidential"; });
  s.on<translate>([](translate) -> task<std::string> {
    throw std::runtime_error("it broke\n{\"level\":\"info\"}");
    co_return "";
  });
  s.open();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("a private name");
    const auto failed = co_await s.caller.try_call<translate>("also private");
    CHECK_FALSE(failed);
  });
  s.cut();
  s.run([&]() -> task<void> { co_await s.caller.call<greet>("a private name"); });
  s.end();
  for (const char* said :
       {"\"level\":\"info\",\"component\":\"session\",\"message\":\"accepted\",\"peer\":\"frontend/one\"",
        "\"level\":\"info\",\"component\":\"session\",\"message\":\"connected\",\"peer\":\"backend/main\"",
        "\"carrier\":\"memory\",\"security\":\"encrypted\"",
        "\"component\":\"pins\",\"message\":\"first contact", "\"key\":\"SHA256:", "\"message\":\"lost\"",
        "\"component\":\"client\",\"message\":\"waiting\"",
        "\"level\":\"error\",\"component\":\"channel\",\"message\":\"a handler "
        "failed\",\"action\":\"words/translate\","
        "\"reason\":\"it broke\\u000a{\\\"level\\\":\\\"info\\\"}\"",
        "\"level\":\"debug\",\"component\":\"server\",\"message\":\"a call was "
        "answered\",\"action\":\"words/greet\"",
        "\"message\":\"a call ended\",\"action\":\"words/greet\",\"outcome\":\"replied\"",
        "\"message\":\"a call was not answered\",\"action\":\"words/translate\""}) {
    CAPTURE(said, lines);
    CHECK(lines.find(said) != std::string::npos);
  }
  // No member of an object stands there twice.
  for (std::size_t from = 0; from < lines.size();) {
    const std::string line = lines.substr(from, lines.find('\n', from) - from);
    from += line.size() + 1;
    for (const std::string member : {"\"level\":", "\"message\":", "\"component\":", "\"time\":"})
      CHECK(line.find(member) == line.rfind(member));
  }
  CHECK(lines.find("confidential") == std::string::npos);
  CHECK(lines.find("private") == std::string::npos);
}

TEST_CASE("a key that changed is an error in the log", "[channel][watching][log]") {
  scene s;
  std::string lines;
  s.backend.observe(log(human_log([&](std::string_view line) { lines += line; })));
  s.open();
  s.run([&]() -> task<void> { co_await s.caller.ready(); });
  runtime impostor(s.io.get_executor(), coordinate("frontend", "one"), memory_storage());
  client_options options;
  options.peer = coordinate("backend");
  options.security = s.level;
  options.time = s.time;
  options.limits = s.connecting.limits;
  options.transports.push_back(s.to_server());
  client refused = connect_channel(impostor, test_channel(), std::move(options));
  s.run([&]() -> task<void> {
    const auto end = co_await refused.try_call<greet>("Ada", within(1s));
    CHECK(end.outcome() == call_outcome::not_sent);
  });
  CAPTURE(lines);
  CHECK(lines.find(" error pins: refused: the peer shows another key than the pinned one") !=
        std::string::npos);
  CHECK(lines.find(" warning session: a connection was refused ") != std::string::npos);
  refused = client();
  s.end();
}

TEST_CASE("authorise_calls refuses before the handler runs", "[channel][watching]") {
  scene s;
  int runs = 0;
  s.backend.use(authorise_calls(
      [](const context& who) -> task<bool> { co_return who.caller() && who.action() != "words/translate"; },
      "readers only"));
  s.on<greet>([&](greet) -> task<std::string> {
    ++runs;
    co_return "";
  });
  s.on<translate>([&](translate) -> task<std::string> {
    ++runs;
    co_return "";
  });
  s.open();
  s.run([&]() -> task<void> {
    co_await s.caller.call<greet>("Ada");
    const auto end = co_await s.caller.try_call<translate>("haus");
    CHECK(end.error() == call_errc::refused);
    CHECK(end.text() == "readers only");
  });
  CHECK(runs == 1);
  s.end();
}

}  // namespace coseal::test
