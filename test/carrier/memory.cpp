#include "carrier/carriers.hpp"
#include "support/catch.hpp"
#include "support/virtual_clock.hpp"

using namespace coseal;
using namespace coseal::test;
using namespace std::chrono_literals;

namespace {

struct memory_test {
  asio::io_context io;
  carrier_ptr one, other;

  explicit memory_test(memory_knobs forth = {}, memory_knobs back = {}) {
    std::tie(one, other) =
        memory_pair(io.get_executor(), io.get_executor(), std::move(forth), std::move(back));
  }
  std::string read(duplex_carrier& from) {
    std::error_code error;
    return test::read(from, error);
  }
};

}  // namespace

TEST_CASE("a memory pair carries bytes both ways", "[carrier]") {
  memory_test t;
  CHECK(read_error(*t.other) == asio::error::would_block);
  CHECK(write(*t.one, "hello") == 5);
  CHECK(write(*t.one, " world") == 6);
  CHECK(write(*t.other, "back") == 4);
  CHECK(t.read(*t.other) == "hello world");
  CHECK(t.read(*t.one) == "back");
  CHECK(read_error(*t.one) == asio::error::would_block);
  CHECK(t.one->kind() == "memory");
  CHECK(t.one->source().empty());
}

TEST_CASE("buffers of one write arrive joined", "[carrier]") {
  memory_test t;
  const asio::const_buffer pieces[] = {asio::buffer("ab", 2), asio::const_buffer(), asio::buffer("cde", 3)};
  std::error_code error;
  CHECK(t.one->try_write_some(pieces, error) == 5);
  CHECK(t.read(*t.other) == "abcde");
}

TEST_CASE("knobs make reads and writes small", "[carrier]") {
  memory_knobs small;
  small.largest_read = 1;
  small.largest_write = 3;
  memory_test t(small);
  CHECK(write(*t.one, "hello") == 3);
  CHECK(write(*t.one, "lo") == 2);
  for (const char c : std::string_view("hello")) CHECK(t.read(*t.other) == std::string(1, c));
  CHECK(write(*t.other, "the other direction is as it was") == 32);
  CHECK(t.read(*t.one).size() == 32);
}

TEST_CASE("a full pipe takes no more until it is read", "[carrier]") {
  memory_knobs knobs;
  knobs.capacity = 8;
  memory_test t(knobs);
  CHECK(write(*t.one, "12345") == 5);
  CHECK(write(*t.one, "67890") == 3);
  std::error_code error;
  CHECK(write(*t.one, "x", error) == 0);
  CHECK(error == asio::error::would_block);
  const auto observer = std::make_shared<told_observer>();
  t.one->wait_writable(observer);
  run_ready(t.io);
  CHECK(observer->writable.empty());
  CHECK(read(*t.other, error, 3) == "123");
  CHECK(observer->writable.empty());  // from the executor, never from within a call
  run_ready(t.io);
  CHECK(observer->writable == std::vector<std::error_code>{{}});
  CHECK(write(*t.one, "abcdef") == 3);
  CHECK(t.read(*t.other) == "45678abc");
}

TEST_CASE("a waiting reader is told of bytes, once", "[carrier]") {
  memory_test t;
  const auto observer = std::make_shared<told_observer>();
  t.other->wait_readable(observer);
  run_ready(t.io);
  CHECK(observer->readable.empty());
  write(*t.one, "a");
  write(*t.one, "b");
  CHECK(observer->readable.empty());
  run_ready(t.io);
  CHECK(observer->readable == std::vector<std::error_code>{{}});
  t.other->wait_readable(observer);  // there is something already
  run_ready(t.io);
  CHECK(observer->readable.size() == 2);
}

TEST_CASE("a direction ends where it is cut", "[carrier]") {
  memory_knobs knobs;
  knobs.cut_after = 7;
  memory_test t(knobs);
  write(*t.one, "hello");
  CHECK(t.read(*t.other) == "hello");
  const auto observer = std::make_shared<told_observer>();
  t.other->wait_readable(observer);
  write(*t.one, " world");
  run_ready(t.io);
  CHECK(observer->readable.size() == 1);
  CHECK(t.read(*t.other) == " w");
  CHECK(read_error(*t.other) == asio::error::eof);
  write(*t.other, "back");
  CHECK(t.read(*t.one) == "back");

  knobs.cut_after = 0;
  memory_test from_the_start(knobs);
  CHECK(read_error(*from_the_start.other) == asio::error::eof);
}

TEST_CASE("a direction fails at the operation it is told to, and after", "[carrier]") {
  memory_knobs knobs;
  knobs.fail_at_operation = 3;
  memory_test t(knobs);
  write(*t.one, "a");
  CHECK(t.read(*t.other) == "a");
  write(*t.one, "b");
  std::error_code error;
  CHECK(read(*t.other, error).empty());
  CHECK(error == asio::error::connection_reset);
  CHECK(error == condition::transport);
  CHECK(write(*t.one, "c", error) == 0);
  CHECK(error == asio::error::connection_reset);
  const auto observer = std::make_shared<told_observer>();
  t.other->wait_readable(observer);  // a wait that never ended would hide the failure
  run_ready(t.io);
  CHECK(observer->readable.size() == 1);
}

TEST_CASE("delayed bytes come in order when their time has come", "[carrier]") {
  const auto time = std::make_shared<virtual_clock>();
  memory_knobs knobs;
  knobs.delay = 100ms;
  knobs.time = time;
  memory_test t(knobs);
  const auto observer = std::make_shared<told_observer>();
  t.other->wait_readable(observer);
  write(*t.one, "first ");
  time->advance(60ms);
  write(*t.one, "second");
  t.one->shutdown_send();
  run_ready(t.io);
  CHECK(read_error(*t.other) == asio::error::would_block);
  observer->readable.clear();  // the end may have woken it
  t.other->wait_readable(observer);
  time->advance(39ms);
  run_ready(t.io);
  CHECK(observer->readable.empty());
  time->advance(1ms);
  run_ready(t.io);
  CHECK(observer->readable.size() == 1);
  CHECK(t.read(*t.other) == "first ");
  CHECK(read_error(*t.other) == asio::error::would_block);
  run_with_virtual_time(t.io, *time);
  CHECK(t.read(*t.other) == "second");
  CHECK(read_error(*t.other) == asio::error::eof);
}

TEST_CASE("shutdown_send ends one direction behind what was written", "[carrier]") {
  memory_test t;
  const auto observer = std::make_shared<told_observer>();
  write(*t.one, "last");
  t.one->shutdown_send();
  CHECK(t.read(*t.other) == "last");
  CHECK(read_error(*t.other) == asio::error::eof);
  std::error_code error;
  CHECK(write(*t.one, "more", error) == 0);
  CHECK(error == asio::error::broken_pipe);
  write(*t.other, "the other lives");
  CHECK(t.read(*t.one) == "the other lives");
  t.other->wait_readable(observer);
  run_ready(t.io);
  CHECK(observer->readable.size() == 1);
}

TEST_CASE("close ends both directions and every wait", "[carrier]") {
  memory_knobs knobs;
  knobs.capacity = 1;
  memory_test t(knobs);
  const auto own = std::make_shared<told_observer>(), peer = std::make_shared<told_observer>();
  write(*t.one, "x");
  t.one->wait_writable(own);
  t.one->wait_readable(own);
  t.other->wait_writable(peer);
  run_ready(t.io);
  peer->writable.clear();
  t.one->close();
  run_ready(t.io);
  CHECK(own->readable == std::vector<std::error_code>{asio::error::operation_aborted});
  CHECK(own->writable == std::vector<std::error_code>{asio::error::operation_aborted});
  CHECK(t.read(*t.other) == "x");
  CHECK(read_error(*t.other) == asio::error::eof);
  std::error_code error;
  write(*t.other, "y", error);
  CHECK(error == asio::error::broken_pipe);
  t.one->wait_readable(own);  // and every later wait
  run_ready(t.io);
  CHECK(own->readable.size() == 2);
  t.one->close();  // again does nothing
  t.other->wait_readable(peer);
  t.other.reset();  // so does the destructor
  run_ready(t.io);
  CHECK(peer->readable.size() == 1);
}
