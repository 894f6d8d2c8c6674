#include "channel/scene.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/listen_any.hpp>

#include <array>
#include <string_view>

namespace coseal::test {
namespace {

/// A server that takes plain JSON, and requests that somebody else's server has read.
struct plain_scene : scene {
  std::optional<coordinate> caller_shown;
  bool admitted = true;
  std::size_t asked = 0;

  plain_scene() : scene(security_level::encrypted) {
    serving.plain_http = true;
    serving.authorise = [this](authorisation_request who) -> task<bool> {
      ++asked;
      CHECK(who.level == security_level::none);
      CHECK_FALSE(who.key);
      co_return admitted;
    };
    on<greet>([this](greet in, context& where) -> task<std::string> {
      caller_shown = where.caller();
      CHECK(where.level() == security_level::none);
      CHECK(where.claimed_coordinate().empty());
      if (in.name == "nobody") throw std::runtime_error("a secret of the backend");
      co_return "hello " + in.name;
    });
    on<translate>([](translate in, context&) -> task<std::string> {
      if (in.word == "no") throw call_refused("not \"this\" word");
      throw unknown_word{in.word};
    });
    on<wait_for>([this](wait_for in, context&) -> task<std::uint32_t> {
      co_await pause(std::chrono::milliseconds(in.ms));
      co_return in.ms;
    });
    on<forget>([](forget, context&) -> task<void> { co_return; });
    serving.handlers.push_back(handle<blob>([](blob in, context&) -> task<std::vector<std::byte>> {
                                 co_return std::move(in.bytes);
                               }).requires_level(security_level::authenticated));
    on<count_to>([](count_to, sink<std::vector<std::byte>>&, context&) -> task<void> { co_return; });
  }
  plain_scene& serve() {
    served = serve_channel(backend, test_channel(), serving);
    return *this;
  }
  http_response ask(std::string method, std::string target, std::string_view body = {},
                    std::string type = "application/json") {
    http_request made;
    made.method = std::move(method);
    made.target = std::move(target);
    if (!type.empty()) made.fields.emplace_back("Content-Type", std::move(type));
    const auto content = std::as_bytes(std::span(body));
    made.body.assign(content.begin(), content.end());
    http_response got;
    run([&]() -> task<void> { got = co_await served.fetch(made); });
    return got;
  }
};

std::string said_by(const http_response& answer) {
  return {reinterpret_cast<const char*>(answer.body.data()), answer.body.size()};
}
std::string field_of(const http_response& answer, std::string_view name) {
  for (const auto& [each, value] : answer.fields)
    if (each == name) return value;
  return {};
}

void check_problem(const http_response& answer, unsigned status, std::string_view detail) {
  CAPTURE(said_by(answer));
  CHECK(answer.status == status);
  CHECK(field_of(answer, "Content-Type") == "application/problem+json");
  CHECK(said_by(answer).find("\"status\":" + std::to_string(status)) != std::string::npos);
  CHECK(said_by(answer).find(detail) != std::string::npos);
}

}  // namespace

TEST_CASE("plain JSON over HTTP reaches a channel's handlers, and nobody is proved", "[channel][http]") {
  plain_scene s;
  s.serve();
  const auto hello = s.ask("POST", "/words/greet", R"({"name":"Ada \u20ac"})");
  CHECK(hello.status == 200);
  CHECK(field_of(hello, "Content-Type") == "application/json");
  CHECK(field_of(hello, "Cache-Control") == "no-store");
  CHECK(said_by(hello) == "\"hello Ada \u20ac\"");
  CHECK_FALSE(s.caller_shown);
  CHECK(s.asked == 1);
  const auto done = s.ask("POST", "/data/forget", "{}", "application/json; charset=utf-8");
  CHECK(done.status == 204);
  CHECK(done.body.empty());
  const auto what = s.ask("GET", "/", {}, {});
  CHECK(what.status == 200);
  CHECK(said_by(what) == describe_openapi(test_channel()));
  s.end();
}

TEST_CASE("every way that a plain call can fail has its status and a problem document", "[channel][http]") {
  plain_scene s;
  std::string failed;
  s.serving.on_failure = [&](std::string_view action, const std::exception_ptr&) { failed = action; };
  s.serve();
  check_problem(s.ask("POST", "/words/nothing", "{}"), 404, "no such action");
  check_problem(s.ask("GET", "/words/greet"), 405, "POSTed");
  CHECK(field_of(s.ask("GET", "/words/greet"), "Allow") == "POST");
  check_problem(s.ask("POST", "/words/greet", R"({"name":"Ada"})", "text/plain"), 415, "application/json");
  check_problem(s.ask("POST", "/words/greet", R"({"name":"Ada"})", "application/octet-stream"), 415, "json");
  check_problem(s.ask("POST", "/words/greet", R"({"name":7})"), 400, "name: ");
  check_problem(s.ask("POST", "/words/greet", R"({"name":"a","more":1})"), 400, "more");
  check_problem(s.ask("POST", "/words/greet", "{"), 400, "detail");
  check_problem(s.ask("POST", "/data/blob", R"({"bytes":"AAAA"})"), 403, "without security");
  check_problem(s.ask("POST", "/words/translate", R"({"word":"no"})"), 403, R"(not \"this\" word)");
  check_problem(s.ask("POST", "/data/count_to", R"({"last":1,"size":1})"), 501, "items");
  check_problem(s.ask("POST", "/data/add_up", R"({"start":1})"), 501, "items");
  const auto unexpected = s.ask("POST", "/words/greet", R"({"name":"nobody"})");
  check_problem(unexpected, 500, "the handler failed");
  CHECK(said_by(unexpected).find("secret") == std::string::npos);
  CHECK(failed == "words/greet");
  const auto declared = s.ask("POST", "/words/translate", R"({"word":"baum"})");
  CHECK(declared.status == 422);
  CHECK(said_by(declared) ==
        R"({"type":"/#/components/schemas/unknown_word","title":"unknown_word","status":422,)"
        R"("detail":"an error that the action declares","error":{"unknown_word":{"word":"baum"}}})"
        "\n");
  check_problem(s.ask("POST", "/time/wait_for", R"({"ms":60000})"), 504, "too long");
  s.admitted = false;
  check_problem(s.ask("POST", "/words/greet", R"({"name":"Ada"})"), 403, "not authorised");
  check_problem(s.ask("GET", "/", {}, {}), 403, "not authorised");
  s.admitted = true;
  s.run([&]() -> task<void> { co_await s.served.drain(); });
  const auto late = s.ask("POST", "/words/greet", R"({"name":"Ada"})");
  check_problem(late, 503, "no more calls");
  CHECK(field_of(late, "Retry-After") == "1");
  s.end();
}

TEST_CASE("plain HTTP is off unless it is turned on, and never beside a minimum level", "[channel][http]") {
  plain_scene s;
  s.serving.plain_http = false;
  s.serve();
  CHECK(s.ask("POST", "/words/greet", R"({"name":"Ada"})").status == 415);
  CHECK(s.ask("GET", "/", {}, {}).status == 426);
  CHECK(s.asked == 0);
  s.served = server();
  s.serving.plain_http = true;
  s.serving.minimum_level = security_level::authenticated;
  std::error_code why;
  try {
    s.serve();
  } catch (const error& e) {
    why = e.code();
  }
  CHECK(why == errc::invalid_option);
  s.end();
}

TEST_CASE("a place's lists of hosts and origins hold for plain calls too", "[channel][http]") {
  plain_scene s;
  listen_any_options options;
  options.time(s.time);
  options.hosts({"backend.example"}).origins({"https://app.example"});
  s.serving.carriers.push_back(listen_any(s.listening.address(), options));
  s.serve();
  const auto status_of = [&](std::string_view host, std::string_view origin) {
    auto line = s.listening.connect();
    std::string text = "POST /words/greet HTTP/1.1\r\nHost: " + std::string(host) + "\r\n";
    if (!origin.empty()) text += "Origin: " + std::string(origin) + "\r\n";
    text += "Content-Type: application/json\r\nContent-Length: 14\r\n\r\n{\"name\":\"Ada\"}";
    const asio::const_buffer all(text.data(), text.size());
    std::error_code error;
    REQUIRE(line->try_write_some({&all, 1}, error) == text.size());
    s.settle();
    std::array<std::byte, 1024> part{};
    const std::size_t n = line->try_read_some(part, error);
    return std::string(reinterpret_cast<const char*>(part.data()), n).substr(9, 3);
  };
  CHECK(status_of("backend.example", "") == "200");
  CHECK(status_of("backend.example", "https://app.example") == "200");
  CHECK(status_of("backend.example", "https://evil.example") == "403");
  CHECK(status_of("evil.example", "") == "421");
  s.end();
}

}  // namespace coseal::test
