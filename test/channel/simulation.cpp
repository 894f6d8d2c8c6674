// Calls under faults, chosen by a seed: connections are cut at any byte or time, callers give up, deadlines
// pass, handlers fail and hang. Each call must end exactly once, and what its caller was told must agree with
// what its handler did. A third of the seeds resume sessions, and of these half lose nothing but connections:
// there no handler runs twice, and only who gave up or came too late is told that nobody knows.
// COSEAL_SIMULATION_SEEDS=n plays n seeds, COSEAL_SIMULATION_SEED=s that one alone.

#include "channel/scene.hpp"

#include <cstdlib>
#include <random>

namespace coseal::test {
namespace {

enum class conduct : std::uint8_t { reply, declare, fail, hang };

struct job {
  std::uint32_t number = 0;
  std::uint32_t ms = 0;
  std::uint8_t how = 0;
  std::vector<std::byte> weight;
  using reply = std::uint32_t;
  using errors = declared<too_long>;
};
COSEAL_ACTION(job, number, ms, how, weight)

const channel& jobs_channel() {
  static const channel made = define_channel({.to_acceptor = {domain("jobs").action<job>()}});
  return made;
}

struct played_call {
  int started = 0;    // runs of the handler that began
  int completed = 0;  // that came to their end as `how` says
  int ends = 0;       // that the caller was told
  conduct how = conduct::reply;
  bool idempotent = false;
  std::optional<call_outcome> outcome;
  std::error_code error;
  std::optional<std::uint32_t> value;
  std::stop_source stop;
};

class simulation : scene {
 public:
  explicit simulation(std::uint64_t seed)
      : scene(seed % 3 == 0 ? security_level::authenticated : security_level::none),
        kept_(seed % 6 == 3),
        random_(seed) {}

  /// An empty text, or what was wrong.
  std::string play();

 private:
  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  clock::duration some_time(std::uint32_t most) { return std::chrono::milliseconds(below(most)); }
  memory_knobs some_knobs();
  transport faulty();
  task<std::uint32_t> work(job in);
  task<void> call(std::uint32_t number);
  task<void> disturb();
  std::string check(std::uint32_t number) const;

  const bool kept_;  // the server has what was open whenever a client is back
  std::mt19937_64 random_;
  std::vector<played_call> calls_;
  client asking_;
  server answering_;
};

memory_knobs simulation::some_knobs() {
  memory_knobs knobs;
  knobs.time = time;
  knobs.delay = some_time(30);
  if (below(3) == 0) knobs.largest_read = 1 + below(50);
  if (below(3) == 0) knobs.largest_write = 1 + below(50);
  if (below(3) == 0) knobs.capacity = 64 + below(4096);
  if (below(4) == 0) knobs.cut_after = below(3000);
  return knobs;
}

transport simulation::faulty() {
  return transport(
      "faulty",
      [this](asio::any_io_executor, operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
        if (reachable && below(10) == 0) co_return asio::error::connection_refused;
        if (!reachable) co_return listening.connect();
        co_return lines.add(listening.connect({}, some_knobs(), some_knobs()));
      });
}

task<std::uint32_t> simulation::work(job in) {
  auto& mine = calls_.at(in.number);
  ++mine.started;
  if (in.ms != 0) co_await pause(std::chrono::milliseconds(in.ms));
  if (mine.how == conduct::hang) co_await pause(24h);
  ++mine.completed;
  if (mine.how == conduct::declare) throw too_long{in.number};
  if (mine.how == conduct::fail) throw std::runtime_error("as told");
  co_return in.number;
}

task<void> simulation::call(std::uint32_t number) {
  auto& mine = calls_[number];
  job what;
  what.number = number;
  what.ms = below(3) == 0 ? below(500) : 0;
  what.how = static_cast<std::uint8_t>(mine.how);
  what.weight.resize(below(4) == 0 ? below(5'000) : below(20));
  call_options options;
  options.within(some_time(2'000) + 1ms).stop(mine.stop.get_token()).idempotent(mine.idempotent);
  if (below(2) == 0) options.within(60s);
  co_await pause(some_time(1'500));
  const auto end = co_await asking_.try_call(what, options);
  ++mine.ends;
  mine.outcome = end.outcome();
  mine.error = end.error();
  if (end) {
    auto copy = end;
    mine.value = std::move(copy).value();
  } else if (const auto* declared = end.declared<too_long>()) {
    mine.value = declared->most;
  }
}

task<void> simulation::disturb() {
  for (int i = static_cast<int>(below(12)); i > 0; --i) {
    co_await pause(some_time(400));
    switch (below(7)) {
      case 0:
        if (!kept_)
          for (const auto id : answering_.clients()) answering_.disconnect(id);
        break;
      case 1:
      case 2:
        calls_[below(static_cast<std::uint32_t>(calls_.size()))].stop.request_stop();
        break;
      case 3:
        lines.lose_answers();
        co_await pause(some_time(50));
        lines.cut();
        break;
      case 4:
        lines.lose_questions();
        co_await pause(some_time(50));
        lines.cut();
        break;
      case 5:
        lines.cut();
        break;
      default:
        break;
    }
  }
}

std::string simulation::check(std::uint32_t number) const {
  const auto& c = calls_[number];
  const auto wrong = [&](const char* what) {
    return "call " + std::to_string(number) + " ended " +
           (c.outcome ? std::string(to_string(*c.outcome)) : std::string("never")) + " (" +
           c.error.message() + "), its handler started " + std::to_string(c.started) + " and completed " +
           std::to_string(c.completed) + " times: " + what;
  };
  if (c.ends != 1) return wrong("it must end once");
  if (kept_ && c.started > 1) return wrong("nothing was lost, so none may run twice");
  if (!c.idempotent && c.started > 1) return wrong("only an idempotent call may run twice");
  switch (*c.outcome) {
    case call_outcome::replied:
      if (c.how != conduct::reply || c.completed == 0 || c.value != number) return wrong("no such reply");
      break;
    case call_outcome::declared_error:
      if (c.how != conduct::declare || c.completed == 0 || c.value != number) return wrong("no such error");
      break;
    case call_outcome::unexpected_error:
      if (c.how != conduct::fail || c.completed == 0 || c.error != call_errc::handler_failed)
        return wrong("the handler did not fail");
      break;
    case call_outcome::not_sent:
      if (c.started != 0) return wrong("it was sent");
      break;
    case call_outcome::unknown:
      if (!c.error) return wrong("without a reason");
      if (kept_ && c.error != condition::timed_out && c.error != condition::cancelled)
        return wrong("nothing was lost");
      break;
  }
  return {};
}

std::string simulation::play() {
  for (std::uint32_t i = 3 + below(20); i > 0; --i) {
    auto& made = calls_.emplace_back();
    made.how = static_cast<conduct>(below(10) < 6 ? 0 : below(4));
    made.idempotent = below(3) == 0;
  }
  serving.carriers.push_back(listening.address());
  if (kept_) serving.lost.keep = 1h;
  serving.handlers.push_back(handle<job>([this](job in) { return work(std::move(in)); }));
  answering_ = serve_channel(backend, jobs_channel(), serving);
  connecting.transports.push_back(faulty());
  asking_ = connect_channel(frontend, jobs_channel(), connecting);
  if (kept_) {  // a window is known once an answer has come
    reachable = false;
    calls_.emplace_back();
    run([this] { return call(static_cast<std::uint32_t>(calls_.size() - 1)); });
    reachable = true;
    calls_.pop_back();
  }
  for (std::uint32_t i = 0; i < calls_.size(); ++i) start([this, i] { return call(i); });
  start([this] { return disturb(); });
  run();
  for (std::uint32_t i = 0; i < calls_.size(); ++i)
    if (auto wrong = check(i); !wrong.empty()) return wrong;

  // Without faults it works again: nothing that was given up holds anything.
  reachable = false;
  for (const auto id : answering_.clients()) answering_.disconnect(id);
  settle();
  calls_.emplace_back();
  bool works = false;
  run([&]() -> task<void> {
    job last;
    last.number = static_cast<std::uint32_t>(calls_.size() - 1);
    works = co_await asking_.call(last, coseal::idempotent().within(10min)) == last.number;
  });
  if (!works) return "a call after all faults is not answered";
  asking_ = client();
  answering_ = server();
  settle();
  return {};
}

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text != nullptr ? std::strtoull(text, nullptr, 10) : otherwise;
}

}  // namespace

TEST_CASE("every call under faults ends once, as its handler says", "[channel][simulation]") {
  const std::uint64_t one = number_from("COSEAL_SIMULATION_SEED", 0);
  const std::uint64_t seeds = number_from("COSEAL_SIMULATION_SEEDS", 2'000);
  for (std::uint64_t seed = one != 0 ? one : 1; seed <= (one != 0 ? one : seeds); ++seed) {
    INFO("COSEAL_SIMULATION_SEED=" << seed);
    const std::string wrong = simulation(seed).play();
    INFO(wrong);
    REQUIRE(wrong.empty());
  }
}

}  // namespace coseal::test
