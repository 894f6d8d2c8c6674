#include "carrier/carrier_io.hpp"

#include "carrier/carriers.hpp"
#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

#include <coseal/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

struct io_test {
  asio::io_context io;
  virtual_clock time;
  carrier_ptr one, other;

  explicit io_test(memory_knobs forth = {}) {
    std::tie(one, other) = memory_pair(io.get_executor(), io.get_executor(), std::move(forth));
  }
};

task<result<std::string>> read_exactly(duplex_carrier& carrier, coseal::clock& time, std::size_t n,
                                       coseal::clock::time_point deadline) {
  carrier_io io(carrier, time);
  std::string text;
  while (text.size() < n) {
    std::array<std::byte, 7> part;
    const auto got = co_await io.read_some(part, deadline);
    if (!got) co_return got.error();
    for (std::size_t i = 0; i < *got; ++i) text += static_cast<char>(part[i]);
  }
  co_return text;
}

task<result<void>> write_text(duplex_carrier& carrier, coseal::clock& time, std::string text,
                              coseal::clock::time_point deadline) {
  carrier_io io(carrier, time);
  co_return co_await io.write_all(std::as_bytes(std::span(text)), deadline);
}

}  // namespace

TEST_CASE("what is written in many turns is read in many turns, in order", "[carrier]") {
  memory_knobs tight;
  tight.capacity = 5;
  io_test t(tight);
  const std::string text(10'000, 'x');
  std::optional<result<std::string>> read;
  std::optional<result<void>> written;
  start(t.io, read_exactly(*t.other, t.time, text.size(), coseal::clock::time_point::max()),
        [&](auto got) { read.emplace(std::move(got)); });
  start(t.io, write_text(*t.one, t.time, text, coseal::clock::time_point::max()),
        [&](auto done) { written.emplace(std::move(done)); });
  t.io.run();
  REQUIRE(read);
  CHECK(read->value() == text);
  CHECK(written->has_value());
}

TEST_CASE("a read of a silent peer ends at its deadline and not before", "[carrier]") {
  io_test t;
  std::optional<result<std::string>> read;
  start(t.io, read_exactly(*t.other, t.time, 1, t.time.now() + 5s),
        [&](auto got) { read.emplace(std::move(got)); });
  t.io.poll();
  t.time.advance(4999ms);
  t.io.poll();
  CHECK(!read);
  t.time.advance(1ms);
  t.io.poll();
  REQUIRE(read);
  CHECK(read->error() == errc::timed_out);
}

TEST_CASE("a read ends with the peer's end", "[carrier]") {
  io_test t;
  std::optional<result<std::string>> read;
  start(t.io, read_exactly(*t.other, t.time, 1, coseal::clock::time_point::max()),
        [&](auto got) { read.emplace(std::move(got)); });
  t.io.poll();
  t.one->close();
  t.io.poll();
  REQUIRE(read);
  CHECK(read->error() == asio::error::eof);
}

TEST_CASE("a cancellation signal ends a read that waits", "[carrier]") {
  io_test t;
  asio::cancellation_signal signal;
  std::optional<result<std::string>> read;
  auto work = deliver(read_exactly(*t.other, t.time, 1, coseal::clock::time_point::max()),
                      [&](auto got) { read.emplace(std::move(got)); });
  asio::co_spawn(t.io, std::move(work),
                 asio::bind_cancellation_slot(signal.slot(), [](std::exception_ptr) {}));
  t.io.poll();
  CHECK(!read);
  signal.emit(asio::cancellation_type::terminal);
  t.io.poll();
  REQUIRE(read);
  CHECK(read->error() == errc::cancelled);
}

TEST_CASE("an execution context that goes away takes a waiting read with it", "[carrier]") {
  virtual_clock time;
  const auto alive = std::make_shared<int>();
  {
    asio::io_context io;
    auto [one, other] = memory_pair(io.get_executor(), io.get_executor());
    start(io, read_exactly(*other, time, 1, coseal::clock::time_point::max()), [alive](auto) {});
    io.poll();
    CHECK(alive.use_count() == 2);
  }
  CHECK(alive.use_count() == 1);
}
