#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <coseal/clock.hpp>

#include <string>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

TEST_CASE("an alarm of the steady clock rings at its time, once", "[carrier]") {
  asio::io_context io;
  const auto time = steady_clock();
  const auto alarm = time->make_alarm(io.get_executor());
  const auto when = time->now() + 5ms;
  int rings = 0;
  alarm->set(time->now() + 1h, [&] { rings += 100; });
  alarm->set(when, [&] { rings += time->now() >= when ? 1 : 1000; });
  CHECK(rings == 0);
  io.run();
  CHECK(rings == 1);
}

TEST_CASE("an alarm that ran out does not ring once it is cancelled, set anew or gone", "[carrier]") {
  for (const bool virtual_time : {false, true}) {
    CAPTURE(virtual_time);
    asio::io_context io;
    const auto manual = std::make_shared<virtual_clock>();
    const std::shared_ptr<coseal::clock> time = virtual_time ? manual : steady_clock();
    const auto past = time->now() - 1s;
    auto first = time->make_alarm(io.get_executor());
    auto cancelled = time->make_alarm(io.get_executor()), anew = time->make_alarm(io.get_executor());
    auto gone = time->make_alarm(io.get_executor());
    std::string rung;
    // All have run out together; the first to ring undoes the others.
    first->set(past, [&] {
      rung += "first ";
      cancelled->cancel();
      anew->set(past, [&] { rung += "anew "; });
      gone.reset();
    });
    cancelled->set(past + 1ms, [&] { rung += "cancelled "; });
    anew->set(past + 1ms, [&] { rung += "old "; });
    gone->set(past + 1ms, [&] { rung += "gone "; });
    run_ready(io);
    CHECK(rung == "first anew ");
  }
}

TEST_CASE("virtual alarms ring in the order of their times and see the time", "[carrier]") {
  asio::io_context io;
  virtual_clock time;
  const auto start = time.now();
  const auto one = time.make_alarm(io.get_executor()), other = time.make_alarm(io.get_executor());
  std::string rung;
  const std::function<void()> again = [&] {
    rung += "a" + std::to_string((time.now() - start) / 1s);
    if (rung.size() < 10) one->set(time.now() + 5s, again);
  };
  one->set(start + 5s, again);
  other->set(start + 7s, [&] { rung += "b" + std::to_string((time.now() - start) / 1s); });
  CHECK(time.next_alarm() == start + 5s);
  run_with_virtual_time(io, time);
  CHECK(rung == "a5b7a10a15");
  CHECK(time.alarms() == 0);
  CHECK_FALSE(time.advance_to_next());

  one->set(time.now() + 3h, [&] { rung = "late"; });
  CHECK_FALSE(run_until(
      io, time, [&] { return rung == "late"; }, 2h));
  CHECK(run_until(
      io, time, [&] { return rung == "late"; }, 2h));
}
