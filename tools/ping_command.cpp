#include "commands.hpp"
#include "failure.hpp"
#include "http_commands.hpp"
#include "outgoing.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"
#include "task_group.hpp"

#include <coseal/error.hpp>
#include <coseal/session.hpp>

#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>

namespace coseal::tool {
namespace {

using namespace std::chrono_literals;

struct ping_options {
  outgoing_options outgoing;
  unsigned count = 4;
  double interval = 1;

  reporter report() const { return reporter(outgoing.own.json, stdout); }
};

double milliseconds(clock::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

std::string in_milliseconds(double amount) {
  char text[32];
  std::snprintf(text, sizeof text, "%.3f ms", amount);
  return text;
}

/// Whatever the peer sends meanwhile is dropped, but its end is noticed.
task<void> discard(session& talk) {
  for (;;) {
    const result<frame_batch> frames = co_await talk.receive_some(as_result);
    if (!frames) co_return;
  }
}

task<void> ping_all(session& talk, const ping_options& options, const reporter& report,
                    std::stop_token stop) {
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const std::stop_callback on_stop(stop, std::function<void()>([&pause] { pause.cancel(); }));
  double least = 0, most = 0, sum = 0;
  unsigned done = 0;
  while (done < options.count && !stop.stop_requested()) {
    if (done > 0) {
      pause.expires_after(
          std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(options.interval)));
      std::error_code woken;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (stop.stop_requested()) break;
    }
    const result<clock::duration> trip = co_await talk.ping(as_result, stop_on(stop).within(10s));
    if (!trip && stop.stop_requested()) break;
    if (!trip) throw failure(trip.error(), talk.explain(trip.error()));
    const double rtt = milliseconds(*trip);
    least = done == 0 ? rtt : std::min(least, rtt);
    most = std::max(most, rtt);
    sum += rtt;
    ++done;
    json_line line("pong");
    line.add("sequence", done).add("rtt_ms", rtt);
    report.say(line, "pong " + std::to_string(done) + ": " + in_milliseconds(rtt));
  }
  if (done == 0) co_return;
  json_line line("rtt");
  line.add("count", done).add("min_ms", least).add("avg_ms", sum / done).add("max_ms", most);
  report.say(line, "rtt min/avg/max " + in_milliseconds(least) + " / " + in_milliseconds(sum / done) + " / " +
                       in_milliseconds(most));
}

task<exit_code> ping(const ping_options& options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
#if defined(COSEAL_HAVE_HTTP)
  if (is_http_address(options.outgoing.own.addresses.front())) {
    auto calls = ping_over_http(options.outgoing, options.count, options.interval, options.report(), stop);
    co_return co_await std::move(calls);
  }
#endif
  const reporter report = options.report();
  session talk = co_await open_session(options.outgoing, report, stop);
  task_group beside(executor);
  beside.start(discard(talk));
  std::exception_ptr thrown;
  try {
    co_await ping_all(talk, options, report, stop);
  } catch (...) {
    thrown = std::current_exception();
  }
  if (!thrown) {
    [[maybe_unused]] const auto closed = co_await talk.shutdown_send(as_result, within(2s));
  }
  talk.abort();
  co_await beside.wait();
  if (thrown) std::rethrow_exception(thrown);
  co_return stop.stop_requested() ? exit_code::interrupted : exit_code::ok;
}

}  // namespace

void add_ping_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command = app.add_subcommand("ping", "Measure round trips inside a session");
  auto options = std::make_shared<ping_options>();
  options->outgoing.add_to(*command);
  command->add_option("-c,--count", options->count, "How many")
      ->check(CLI::Range(1u, 1'000'000u))
      ->capture_default_str();
  command->add_option("-i,--interval", options->interval, "Seconds between two")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  command->callback([&chosen, options] {
    chosen = [options] {
      return run_until_signal([&](std::stop_token stop) { return ping(*options, std::move(stop)); });
    };
  });
}

}  // namespace coseal::tool
