#include "observe/outcome_label.hpp"
#include "observe/registry.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"

#include <coseal/error.hpp>
#include <coseal/metrics_handler.hpp>

#include <limits>
#include <thread>

namespace coseal::test {
namespace {

bool has_line(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

/// Something that counts by itself.
struct counting_thing final : metrics_source {
  counter seen;
  gauge alive;
  std::uint64_t count = 0;
  read_source registered;

  explicit counting_thing(const metrics& in)
      : seen(in.add_counter("things_seen_total", "Things.")), alive(in.add_gauge("things", "Alive.")) {
    registered.begin(in.shared_registry(), *this);
  }
  ~counting_thing() override { registered.end(); }
  void read(metrics_readings& into) const override {
    into.add(seen, count);
    into.add(alive, 1);
  }
};

}  // namespace

TEST_CASE("counters, gauges and histograms are shown as Prometheus reads them", "[observe][metrics]") {
  const metrics numbers;
  numbers.add_counter("app_orders_total", "Orders.\nAll \\ of them", {{"kind", "a \"b\"\\\n"}}).add(3);
  numbers.add_counter("app_orders_total", "Orders.\nAll \\ of them", {{"kind", "other"}});
  const gauge waiting = numbers.add_gauge("app_waiting", "Waiting.");
  waiting.add(5);
  waiting.add(-7);
  const histogram took = numbers.add_histogram("app_seconds", "Time.", {0.1, 0.5}, {{"of", "x"}});
  for (const double value : {0.05, 0.1, 0.2, 7.0}) took.observe(value);
  took.observe(std::chrono::milliseconds(250));
  CHECK(numbers.prometheus() ==
        "# HELP app_orders_total Orders.\\nAll \\\\ of them\n"
        "# TYPE app_orders_total counter\n"
        "app_orders_total{kind=\"a \\\"b\\\"\\\\\\n\"} 3\n"
        "app_orders_total{kind=\"other\"} 0\n"
        "# HELP app_seconds Time.\n"
        "# TYPE app_seconds histogram\n"
        "app_seconds_bucket{of=\"x\",le=\"0.1\"} 2\n"
        "app_seconds_bucket{of=\"x\",le=\"0.5\"} 4\n"
        "app_seconds_bucket{of=\"x\",le=\"+Inf\"} 5\n"
        "app_seconds_sum{of=\"x\"} 7.6\n"
        "app_seconds_count{of=\"x\"} 5\n"
        "# HELP app_waiting Waiting.\n"
        "# TYPE app_waiting gauge\n"
        "app_waiting -2\n");
}

TEST_CASE("a series is one however often it is asked for, and empty handles count nothing",
          "[observe][metrics]") {
  const metrics numbers;
  const metrics same = numbers;
  numbers.add_counter("a_total", "A.", {{"x", "1"}}).add();
  same.add_counter("a_total", "A.", {{"x", "1"}}).add();
  CHECK(numbers.add_counter("a_total", "A.", {{"x", "1"}}).value() == 2);
  counter().add();
  gauge().set(3);
  histogram().observe(1.0);
  CHECK(counter().value() == 0);
  CHECK(gauge().value() == 0);
}

TEST_CASE("what Prometheus would not take is refused", "[observe][metrics]") {
  const metrics numbers;
  numbers.add_counter("good_total", "Good.", {{"x", "1"}});
  numbers.add_histogram("good_seconds", "Good.", {1, 2});
  const auto refuses = [](auto&& attempt) {
    try {
      attempt();
    } catch (const error& thrown) {
      return thrown.code() == errc::invalid_option;
    }
    return false;
  };
  for (const char* name : {"", "1a_total", "a b_total", "a-b_total", "no_suffix"})
    CHECK(refuses([&] { numbers.add_counter(name, "Bad."); }));
  CHECK(refuses([&] { numbers.add_gauge("good_total", "Good.", {{"x", "1"}}); }));
  CHECK(refuses([&] { numbers.add_counter("good_total", "Other help.", {{"x", "1"}}); }));
  CHECK(refuses([&] { numbers.add_counter("good_total", "Good.", {{"y", "1"}}); }));
  CHECK(refuses([&] { numbers.add_histogram("good_seconds", "Good.", {1, 3}); }));
  CHECK(refuses([&] { numbers.add_histogram("b_seconds", "Bad.", {2, 1}); }));
  CHECK(refuses([&] { numbers.add_histogram("b_seconds", "Bad.", {1, 1}); }));
  CHECK(refuses(
      [&] { numbers.add_histogram("b_seconds", "Bad.", {std::numeric_limits<double>::infinity()}); }));
  numbers.add_gauge("early_sum", "First.");
  CHECK(refuses([&] { numbers.add_gauge("good_seconds_bucket", "Bad."); }));
  CHECK(refuses([&] { numbers.add_gauge("good_seconds_count", "Bad."); }));
  CHECK(refuses([&] { numbers.add_histogram("early", "Bad.", {1}); }));
  CHECK(refuses([&] { numbers.add_gauge("b", "Bad.", {{"x", "\xff"}}); }));
  for (const char* label : {"", "le", "__x", "a b", "0"})
    CHECK(refuses([&] { numbers.add_gauge("b", "Bad.", {{label, "1"}}); }));
  CHECK(refuses([&] { numbers.add_gauge("b", "Bad.", {{"x", "1"}, {"x", "2"}}); }));
}

TEST_CASE("what a source has counted stays when it goes, and its gauges go", "[observe][metrics]") {
  const metrics numbers;
  {
    counting_thing one(numbers), other(numbers);
    one.count = 3;
    other.count = 4;
    const std::string text = numbers.prometheus();
    CHECK(has_line(text, "things_seen_total 7"));
    CHECK(has_line(text, "things 2"));
  }
  const std::string text = numbers.prometheus();
  CHECK(has_line(text, "things_seen_total 7"));
  CHECK(has_line(text, "things 0"));
}

TEST_CASE("a counter never shrinks while sources come and go on other threads",
          "[observe][metrics][threads]") {
  const metrics numbers;
  std::atomic<bool> stop = false;
  std::thread works([&] {
    for (int i = 0; i < 2000; ++i) {
      counting_thing brief(numbers);
      brief.count = 1;
    }
    stop = true;
  });
  std::uint64_t last = 0;
  bool shrank = false;
  while (!stop) {
    const std::string text = numbers.prometheus();
    const auto at = text.find("\nthings_seen_total ");
    if (at == std::string::npos) continue;
    const std::uint64_t now = std::stoull(text.substr(at + 19));
    shrank = shrank || now < last;
    last = now;
  }
  works.join();
  CHECK_FALSE(shrank);
  CHECK(has_line(numbers.prometheus(), "things_seen_total 2000"));
}

TEST_CASE("errors become one of a dozen words", "[observe][metrics]") {
  CHECK(outcome_label({}) == "ok");
  CHECK(outcome_label(errc::busy) == "busy");
  CHECK(outcome_label(errc::closed) == "closed");
  CHECK(outcome_label(errc::key_changed) == "refused");
  CHECK(outcome_label(errc::bad_record_tag) == "peer_misbehaved");
  CHECK(outcome_label(errc::handshake_timed_out) == "timed_out");
  CHECK(outcome_label(errc::storage_failed) == "storage");
  CHECK(outcome_label(std::make_error_code(std::errc::connection_reset)) == "transport");
  CHECK(outcome_label(std::make_error_code(std::errc::argument_out_of_domain)) == "other");
}

TEST_CASE("the metrics handler answers GET and HEAD of /metrics alone", "[observe][metrics]") {
  const metrics numbers;
  numbers.add_counter("a_total", "A.").add();
  const http_handler answers = metrics_handler(numbers);
  const auto ask = [&](std::string method, std::string target) {
    http_request asked;
    asked.method = std::move(method);
    asked.target = std::move(target);
    return await(answers(std::move(asked)));
  };
  const auto got = ask("GET", "/metrics?x=1");
  CHECK(got.status == 200);
  CHECK(got.fields.front() ==
        std::pair<std::string, std::string>("Content-Type", "text/plain; version=0.0.4; charset=utf-8"));
  CHECK(std::string(reinterpret_cast<const char*>(got.body.data()), got.body.size()) == numbers.prometheus());
  CHECK(ask("HEAD", "/metrics").status == 200);
  CHECK(ask("POST", "/metrics").status == 405);
  CHECK(ask("GET", "/").status == 404);
  CHECK(ask("GET", "/metricsx").status == 404);
}

}  // namespace coseal::test
