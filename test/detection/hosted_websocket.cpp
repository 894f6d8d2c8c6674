// A host that speaks WebSocket by itself: what it hands over are the payloads of binary messages, and what it
// is given it sends as messages. The connector's end is coseal's own WebSocket.

#include "session/stage.hpp"
#include "websocket/frame_decoder.hpp"
#include "websocket/websocket_carrier.hpp"

#include <coseal/hosted.hpp>

namespace coseal::test {
namespace {

/// The host's end of one WebSocket after the upgrade, over a stream in memory. It holds what coseal does not
/// take yet, and sends whole messages or none.
class message_host final : private websocket::frame_sink {
 public:
  message_host(hosted_acceptor& to, std::unique_ptr<duplex_carrier> stream)
      : to_(to), stream_(std::move(stream)) {
    hosted_connection how([this](std::span<const std::byte> payload) { return send(payload); });
    how.on_room([this] { no_room_ = false; })
        .on_end([this] { frame(0x88, std::as_bytes(std::span("\x03\xe8", 2))); })
        .on_close([this] { closing_ = true; })
        .kind("hosted ws");
    REQUIRE(!to_.connect(1, std::move(how)));
  }
  ~message_host() { to_.drop(1); }

  /// What a turn of its loop does; true if anything moved.
  bool turn() {
    flush();
    if (!waiting_.empty() && !no_room_) {
      bytes again;
      again.swap(waiting_);
      offer(again);
    }
    if (no_room_ || closed_) return false;
    std::array<std::byte, 3000> raw;
    std::error_code error;
    const std::size_t n = stream_->try_read_some(raw, error);
    if (n == 0) return false;
    REQUIRE(decoder_.decode(std::span(raw).first(n), *this));
    return true;
  }
  bool closing() const noexcept { return closing_; }
  bool closed() const noexcept { return closed_; }
  std::size_t messages() const noexcept { return messages_; }

 private:
  void on_data(std::span<const std::byte> payload, bool) override { offer(payload); }
  void on_ping(std::span<const std::byte>) override {}
  void on_pong(std::span<const std::byte>) override {}
  void on_close(websocket::close_code, std::string_view) override {
    closed_ = true;
    to_.end(1);
  }

  void offer(std::span<const std::byte> payload) {
    if (!waiting_.empty()) return keep(payload);
    const std::size_t taken = to_.receive(1, payload);
    no_room_ = taken < payload.size();
    keep(payload.subspan(taken));
  }
  void keep(std::span<const std::byte> rest) { waiting_.insert(waiting_.end(), rest.begin(), rest.end()); }

  std::size_t send(std::span<const std::byte> payload) {
    if (!out_.empty()) return 0;  // one message at a time
    ++messages_;
    frame(0x82, payload);
    return payload.size();
  }
  void frame(unsigned first, std::span<const std::byte> payload) {
    websocket::frame_header header;
    header.length = payload.size();
    std::array<std::byte, websocket::frame_header::largest> head;
    const std::size_t n = header.write(head);
    head[0] = static_cast<std::byte>(first);
    out_.insert(out_.end(), head.begin(), head.begin() + static_cast<std::ptrdiff_t>(n));
    out_.insert(out_.end(), payload.begin(), payload.end());
    flush();
  }
  void flush() {
    if (out_.empty()) return;
    const asio::const_buffer all(out_.data(), out_.size());
    std::error_code error;
    const std::size_t n = stream_->try_write_some({&all, 1}, error);
    out_.erase(out_.begin(), out_.begin() + static_cast<std::ptrdiff_t>(n));
    if (out_.empty()) to_.can_send(1);
  }

  hosted_acceptor& to_;
  std::unique_ptr<duplex_carrier> stream_;
  websocket::frame_decoder decoder_{websocket::role::server, {}};
  bytes waiting_, out_;
  bool no_room_ = false, closing_ = false, closed_ = false;
  std::size_t messages_ = 0;
};

}  // namespace

TEST_CASE("a host may be a WebSocket server that hands over the payloads of messages", "[session][hosted]") {
  encounter e(GENERATE(from_range(every_level)));
  hosted_acceptor to;
  e.accepting.time(e.time);
  listener open(e.io.get_executor(), e.acceptor_side(), to.address(), e.accepting);
  memory_knobs narrow;
  narrow.capacity = GENERATE(std::size_t{700}, std::size_t{200'000});
  auto ends = memory_pair(e.io.get_executor(), e.io.get_executor(), narrow, narrow);
  message_host host(to, std::move(ends.second));
  e.start([&]() -> task<void> { e.acceptor = co_await open.accept(); });
  e.begin_connector(websocket::websocket_carrier::connected(std::move(ends.first), {}));
  const auto turn_until = [&](const std::function<bool()>& done) {
    for (int i = 0; i < 20'000 && !done(); ++i) {
      e.settle();
      host.turn();
    }
    e.settle();
    REQUIRE(done());
  };
  turn_until([&] { return e.acceptor && e.connector; });
  CHECK(e.acceptor.info().carrier == "hosted ws");
  CHECK(e.acceptor.info().level == e.level);

  const auto large = pattern(600'000);
  e.start([&]() -> task<void> {  // both ways at once, more than any buffer in between
    co_await e.connector.send(large);
    co_await e.connector.shutdown_send();
  });
  e.start([&]() -> task<void> {
    co_await e.acceptor.send(large);
    co_await e.acceptor.shutdown_send();
  });
  bool there = false, here = false;
  e.start([&]() -> task<void> {
    const auto got = co_await e.acceptor.receive();
    there = same(got.bytes(), large);
    const auto end = co_await e.acceptor.receive(as_result);
    CHECK(end.error() == errc::peer_closed);
    co_await e.acceptor.close();
  });
  e.start([&]() -> task<void> {
    const auto got = co_await e.connector.receive();
    here = same(got.bytes(), large);
    co_await e.connector.close();
  });
  turn_until([&] { return e.running() == 0; });
  CHECK(there);
  CHECK(here);
  CHECK(host.messages() >= 3);
  turn_until([&] { return host.closing(); });
}

}  // namespace coseal::test
