// A peer that sends without end must not keep the thread from everybody else.

#include "bytes/record_header.hpp"
#include "session/stage.hpp"

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>

namespace coseal::test {
namespace {

constexpr std::size_t without_end = 512U << 20;
constexpr std::size_t one_turn = 8U << 20;

/// Gives `first` and then `again` over and over; takes whatever is written. Ends after `without_end` bytes,
/// so that a test that fails does end.
class endless_carrier final : public duplex_carrier {
 public:
  endless_carrier(asio::any_io_executor executor, bytes first, const bytes& again, std::size_t& given)
      : executor_(std::move(executor)), first_(std::move(first)), given_(given) {
    while (again_.size() < 256 * 1024) again_.insert(again_.end(), again.begin(), again.end());
  }
  asio::any_io_executor executor() const noexcept override { return executor_; }
  std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
    if (given_ >= without_end) return error = asio::error::eof, 0;
    error.clear();
    const bool begins = given_ < first_.size();
    const auto from = begins ? std::span(first_).subspan(given_)
                             : std::span(again_).subspan((given_ - first_.size()) % again_.size());
    const std::size_t n = std::min(from.size(), into.size());
    std::copy_n(from.begin(), n, into.begin());
    given_ += n;
    return n;
  }
  std::size_t try_write_some(std::span<const asio::const_buffer> from,
                             std::error_code& error) noexcept override {
    error.clear();
    return asio::buffer_size(from);
  }
  void wait_readable(std::shared_ptr<carrier_observer> observer) override {
    asio::post(executor_, [observer] { observer->on_readable({}); });
  }
  void wait_writable(std::shared_ptr<carrier_observer> observer) override {
    asio::post(executor_, [observer] { observer->on_writable({}); });
  }
  void shutdown_send() noexcept override {}
  void close() noexcept override { given_ = without_end; }
  std::string kind() const override { return "endless"; }
  std::string peer_address() const override { return "endless"; }
  std::string source() const override { return {}; }

 private:
  asio::any_io_executor executor_;
  bytes first_, again_;
  std::size_t& given_;
};

bytes record(std::uint8_t type, std::size_t n) {
  const auto head = record_header{static_cast<std::uint32_t>(1 + n), record_kind::traffic, 0, 0}.bytes();
  bytes out(head.begin(), head.end());
  out.push_back(static_cast<std::byte>(type));
  out.resize(out.size() + n);
  return out;
}

bytes hello_at_level_none() {
  encounter other(security_level::none);
  const auto said = std::make_shared<bytes>();
  other.connector_tap.written = said;
  other.meet();
  return *said;
}

/// A session with a peer that says `again` without end.
struct siege : encounter {
  std::size_t given = 0;

  explicit siege(const bytes& again) : encounter(security_level::none) {
    begin_acceptor(std::make_unique<endless_carrier>(io.get_executor(), hello_at_level_none(), again, given));
    while (!acceptor && !acceptor_error) io.run_one();
    REQUIRE(acceptor);
  }
  /// How much more was read before another handler of the same thread had its turn, at worst of forty turns.
  std::size_t read_before_others() {
    std::size_t most = 0;
    for (int i = 0; i < 40; ++i) {
      const std::size_t before = given;
      bool others = false;
      asio::post(io, [&] { others = true; });
      io.restart();
      while (!others) io.run_one();
      most = std::max(most, given - before);
    }
    return most;
  }
};

const bytes ping = record(0x13, 8);
const bytes small_frame = record(0x02, 8);
const bytes large_frame = record(0x02, 60'000);

}  // namespace

TEST_CASE("a coroutine that receives in a loop leaves others their turn", "[session][security]") {
  siege s(GENERATE(ping, small_frame, large_frame));
  s.start([&]() -> task<void> {
    for (;;) {
      const auto got = co_await s.acceptor.receive_some(as_result);
      if (!got) break;
    }
  });
  CHECK(s.read_before_others() <= one_turn);
  CHECK(s.given < without_end);
  s.acceptor.abort();
  s.run();
}

TEST_CASE("taking frames one by one leaves others their turn", "[session][security]") {
  siege s(GENERATE(small_frame, large_frame));
  s.start([&]() -> task<void> {
    for (;;) {
      const auto got = co_await s.acceptor.receive(as_result);
      if (!got) break;
    }
  });
  CHECK(s.read_before_others() <= one_turn);
  s.acceptor.abort();
  s.run();
}

TEST_CASE("pings that nobody waits for leave others their turn", "[session][security]") {
  siege s(ping);
  CHECK(s.read_before_others() <= one_turn);
  CHECK(s.given < without_end);
}

TEST_CASE("close leaves others their turn, and ends, whatever the peer still says", "[session][security]") {
  siege s(GENERATE(ping, small_frame, large_frame));
  std::error_code error;
  s.start([&]() -> task<void> {
    const auto closed = co_await s.acceptor.close(as_result);
    error = closed.error();
  });
  CHECK(s.read_before_others() <= one_turn);
  CHECK(s.given < without_end);
  s.time->advance(5s);
  for (s.io.restart(); s.running() != 0;) s.io.run_one();
  CHECK(error == errc::timed_out);
}

}  // namespace coseal::test
