// The receiving half of a session on bytes alone.

#include "session/inbound.hpp"

#include "record/sealing.hpp"
#include "support/catch.hpp"
#include "support/scripted_carrier.hpp"
#include "support/virtual_clock.hpp"

#include <atomic>
#include <cstdlib>
#include <new>

using namespace coseal;
using namespace coseal::test;

namespace {

std::atomic<std::size_t> largest_allocation{0};

}  // namespace

#if defined(COSEAL_COUNTS_ALLOCATIONS)
// Slabs are the aligned allocations of this program.
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (size > largest_allocation) largest_allocation = size;
  const auto align = static_cast<std::size_t>(alignment);
  void* memory = std::aligned_alloc(align, (size + align - 1) / align * align);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory, std::align_val_t) noexcept {
  std::free(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  std::free(memory);
}
#endif

namespace {

using state = inbound::state;

struct sink final : control_sink {
  std::size_t accepts = 0, resumed = 0, pings = 0, pongs = 0;
  result<void> on_accept(std::span<const std::byte>) override { return ++accepts, result<void>(); }
  std::error_code on_refused(std::span<const std::byte>, bool clear) override {
    return clear ? errc::handshake_refused : errc::not_authorised;
  }
  void on_resumed() override { ++resumed; }
  void on_ping(std::span<const std::byte, 8>) override { ++pings; }
  void on_pong(std::span<const std::byte, 8>) override { ++pongs; }
};

/// An inbound on fixed bytes; reads give at most `cut` bytes.
class receiver {
 public:
  static constexpr std::uint32_t max_record = 262'144, max_frame = 100'000;

  receiver(state now, bytes wire, std::size_t cut = 1'000'000)
      : carrier_(std::move(wire), [cut] { return cut; }), in(carrier_, time_, told, max_record, max_frame) {
    in.protect(make_clear_opener(), now);
  }

 private:
  scripted_carrier carrier_;
  virtual_clock time_;

 public:
  sink told;
  inbound in;
};

bytes record(const bytes& body, record_kind kind = record_kind::traffic, std::uint8_t epoch = 0) {
  const auto header = record_header{static_cast<std::uint32_t>(body.size()), kind, epoch}.bytes();
  return joined({bytes(header.begin(), header.end()), body});
}

/// How the receiving half ends on these contents at level none.
std::error_code end_of(state now, std::initializer_list<bytes> contents) {
  bytes wire;
  for (const auto& content : contents) wire = joined({wire, record(content)});
  receiver to(now, wire);
  for (;;)
    if (const auto got = to.in.next_frames(); !got) return got.error();
}
std::error_code end_of(std::initializer_list<bytes> contents) {
  return end_of(state::established, contents);
}

bytes zeros(std::size_t n) {
  return bytes(n);
}

const bytes frame_a = content_of(0x02, "a");
const bytes accept_content = content_of(0x10, "whatever the sink takes");
const bytes close_content = bytes_of({0x15, 0, 0});
const bytes ping_content = content_of(0x13, "12345678");
const bytes pong_content = content_of(0x14, "12345678");

}  // namespace

TEST_CASE("a record of the largest size fits wherever in memory its header comes to lie", "[record]") {
  for (std::size_t before = 261'900; before <= 262'152; before += 7) {
    CAPTURE(before);
    bytes first(before - record_header::size, std::byte{0x11}), second(receiver::max_record, std::byte{0x22});
    first[0] = second[0] = std::byte{0x13};  // not frames, which is well: their memory is used again
    const bytes start = joined({record(first), record(second)});
    // Reads end right behind the second header first.
    scripted_carrier* reading = nullptr;
    const std::size_t rest = start.size() - before - record_header::size;
    scripted_carrier carrier(start, [&] { return reading->left() > rest ? reading->left() - rest : rest; });
    reading = &carrier;
    virtual_clock time;
    sink told;
    inbound in(carrier, time, told, receiver::max_record, receiver::max_frame);
    in.expect(state::established);
    const auto one = in.next_handshake_record();
    REQUIRE(one.value().body.size() == first.size());
    const auto two = in.next_handshake_record();
    REQUIRE(two.value().body.size() == second.size());
    REQUIRE(std::ranges::equal(two->body, second));
  }
}

TEST_CASE("memory follows what has come and not what was announced", "[record]") {
  bytes wire;
  for (int i = 0; i < 50; ++i) wire = joined({wire, record(ping_content)});
  scripted_carrier carrier(
      joined({record(joined({bytes_of({0x03, 0x7f, 0xff, 0xff, 0xff}), zeros(1000)})), wire}),
      [] { return std::size_t{100}; });
  virtual_clock time;
  sink told;
  inbound in(carrier, time, told, 4096, 0x7fffffff);
  in.protect(make_clear_opener(), state::established);
  largest_allocation = 0;
  CHECK(in.next_frames().error() == errc::truncated);
  CHECK(told.pings == 50);
  CHECK(largest_allocation <= 16 * 1024);
}

TEST_CASE("malformed contents end the connection", "[record]") {
  const bytes first = joined({bytes_of({0x03, 0, 0, 0, 9}), zeros(4)}),
              next = joined({bytes_of({0x04}), zeros(4)});
  CHECK(end_of({frame_a}) == errc::truncated);
  CHECK(end_of({bytes_of({0x02})}) == errc::truncated);  // an empty frame is one
  CHECK(end_of({first, next, bytes_of({0x04, 0}), frame_a}) == errc::truncated);

  const bytes malformed[] = {
      {},  // nothing at all
      bytes_of({0x00}),
      bytes_of({0x05}),
      bytes_of({0x17}),
      bytes_of({0x7f}),  // unknown types
      bytes_of({0x01}),  // an empty PACK
      bytes_of({0x01, 0}),
      bytes_of({0x01, 0, 1}),
      bytes_of({0x01, 0, 0, 0}),  // a cut one
      bytes_of({0x03}),
      bytes_of({0x03, 0, 0, 9}),
      bytes_of({0x03, 0, 0, 0, 9}),  // FIRST without bytes
      bytes_of({0x03, 0, 0, 0, 1, 7}),
      bytes_of({0x03, 0, 0, 0, 1, 7, 7}),
      bytes_of({0x03, 0, 0, 0, 0, 7}),  // whole
      bytes_of({0x04, 7}),              // NEXT without FIRST
      bytes_of({0x12}),                 // REKEY, which level none does not have
      content_of(0x13, "1234567"),
      content_of(0x13, "123456789"),
      content_of(0x14, "1234567"),
      bytes_of({0x15}),
      bytes_of({0x15, 0}),
      bytes_of({0x15, 0, 0, 0}),
      bytes_of({0x15, 0, 4}),
      bytes_of({0x15, 1, 0}),
      bytes_of({0x82, 0, 0}),  // padding, which level none does not have
  };
  for (const auto& content : malformed) {
    CAPTURE(content.size(), content.empty() ? 0 : std::to_integer<int>(content[0]));
    CHECK(end_of({frame_a, content, frame_a}) == errc::malformed_record);
  }
  CHECK(end_of({first, bytes_of({0x04})}) == errc::malformed_record);  // NEXT without bytes
  CHECK(end_of({first, next, next}) == errc::malformed_record);        // more than was announced
  for (const auto& between : {frame_a, first, bytes_of({0x01, 0, 0}), close_content}) {
    CAPTURE(std::to_integer<int>(between[0]));
    CHECK(end_of({first, between}) == errc::malformed_record);
  }
  CHECK(end_of({first, ping_content, pong_content, next, bytes_of({0x04, 0})}) == errc::truncated);
}

TEST_CASE("a frame above the limit is refused however it comes", "[record]") {
  const std::size_t most = receiver::max_frame;
  CHECK(end_of({joined({bytes_of({0x02}), zeros(most)})}) == errc::truncated);
  CHECK(end_of({joined({bytes_of({0x02}), zeros(most + 1)})}) == errc::frame_too_large);
  CHECK(end_of({joined({bytes_of({0x03, 0, 1, 0x86, 0xa0}), zeros(1)})}) == errc::truncated);
  CHECK(end_of({joined({bytes_of({0x03, 0, 1, 0x86, 0xa1}), zeros(1)})}) == errc::frame_too_large);
  scripted_carrier carrier(record(bytes_of({0x01, 0, 1, 7, 0, 2, 7, 7})), [] { return std::size_t{99}; });
  virtual_clock time;
  sink told;
  inbound in(carrier, time, told, 4096, 1);
  in.protect(make_clear_opener(), state::established);
  CHECK(in.next_frames().error() == errc::frame_too_large);
}

TEST_CASE("contents that are not legal in this state are unexpected", "[record]") {
  const bytes refused = content_of(0x11, "the sink reads this");
  CHECK(end_of(state::established, {accept_content}) == errc::unexpected_record);
  CHECK(end_of(state::established, {refused}) == errc::unexpected_record);
  for (const auto& early : {frame_a, ping_content, close_content, bytes_of({0x12})})
    CHECK(end_of(state::awaiting_accept, {early}) == errc::unexpected_record);
  CHECK(end_of(state::awaiting_accept, {refused}) == errc::not_authorised);
  CHECK(end_of(state::awaiting_accept, {accept_content, frame_a}) == errc::truncated);
  CHECK(end_of(state::awaiting_accept, {accept_content, accept_content}) == errc::unexpected_record);
  CHECK(end_of(state::awaiting_accept, {accept_content, refused}) == errc::unexpected_record);
}

TEST_CASE("a clear REFUSED is taken before ACCEPT only, and in its own form", "[record]") {
  const auto end = [](state now, bytes wire) {
    receiver to(now, std::move(wire));
    return to.in.next_frames().error();
  };
  const bytes body = zeros(7);
  CHECK(end(state::awaiting_accept, record(body, record_kind::refused)) == errc::handshake_refused);
  CHECK(end(state::awaiting_accept, record(body, record_kind::refused, 1)) == errc::malformed_record);
  CHECK(end(state::awaiting_accept, record(zeros(65), record_kind::refused)) == errc::record_too_large);
  CHECK(end(state::established, record(body, record_kind::refused)) == errc::unexpected_record);
  CHECK(end(state::awaiting_accept, joined({record(accept_content), record(body, record_kind::refused)})) ==
        errc::unexpected_record);
}

TEST_CASE("a resumed session begins with RESUMED and never has it again", "[record]") {
  const bytes resumed = bytes_of({0x16});
  for (const auto& early : {frame_a, accept_content, close_content, ping_content, pong_content})
    CHECK(end_of(state::awaiting_resumed, {early}) == errc::unexpected_record);
  CHECK(end_of(state::awaiting_resumed, {resumed, ping_content, close_content}) == errc::peer_closed);
  CHECK(end_of(state::awaiting_resumed, {resumed, resumed}) == errc::unexpected_record);
  CHECK(end_of(state::awaiting_resumed, {bytes_of({0x16, 0})}) == errc::malformed_record);
  CHECK(end_of(state::awaiting_accept, {resumed}) == errc::unexpected_record);
  CHECK(end_of({resumed}) == errc::unexpected_record);
}

TEST_CASE("whatever does not begin as a HELLO or RESUME is not coseal", "[record]") {
  const auto verdict = [](bytes wire) {
    receiver to(state::first_record, std::move(wire), 3);
    return to.in.next_handshake_record().error();
  };
  CHECK(verdict(record(zeros(1024), record_kind::hello)) == std::error_code());
  CHECK(verdict(record(zeros(1025), record_kind::hello)) == errc::not_coseal);
  CHECK(verdict(record(zeros(1024), record_kind::resume)) == std::error_code());
  CHECK(verdict(record(zeros(1025), record_kind::resume)) == errc::not_coseal);
  CHECK(verdict(record(zeros(9), record_kind::hello, 1)) == errc::not_coseal);
  for (const auto kind : {record_kind::hello_reply, record_kind::finish, record_kind::refused,
                          record_kind::abort, record_kind::traffic})
    CHECK(verdict(record(zeros(9), kind)) == errc::not_coseal);
  CHECK(verdict(content_of('G', "ET / HTTP/1.1\r\n\r\n")) == errc::not_coseal);
  CHECK(verdict({}) == errc::not_coseal);
  CHECK(verdict(zeros(7)) == errc::not_coseal);
  CHECK(verdict(bytes_of({0, 0, 0, 1, 1, 0, 0, 1, 0})) == errc::not_coseal);
}

TEST_CASE("handshake records keep their limits and have no epoch", "[record]") {
  const auto verdict = [](bytes wire) {
    receiver to(state::handshake, std::move(wire));
    return to.in.next_handshake_record().error();
  };
  CHECK(verdict(record(zeros(4096), record_kind::hello_reply)) == std::error_code());
  CHECK(verdict(record(zeros(4097), record_kind::hello_reply)) == errc::record_too_large);
  CHECK(verdict(record(zeros(4097), record_kind::finish)) == errc::record_too_large);
  CHECK(verdict(record(zeros(65), record_kind::refused)) == errc::record_too_large);
  CHECK(verdict(record(zeros(257), record_kind::abort)) == errc::record_too_large);
  CHECK(verdict(record(zeros(9), record_kind::finish, 1)) == errc::malformed_record);
  CHECK(verdict(record(zeros(9), record_kind::traffic)) == errc::unexpected_record);
  CHECK(verdict(record(zeros(9), static_cast<record_kind>(0x08))) == errc::unexpected_record);
  CHECK(verdict(record(zeros(256), record_kind::resume_ack)) == std::error_code());
  CHECK(verdict(record(zeros(257), record_kind::resume_ack)) == errc::record_too_large);
  CHECK(verdict(bytes_of({0, 0, 0, 1, 3})) == errc::truncated);
}

TEST_CASE("after CLOSE only PONG is legal, and the carrier may end", "[record]") {
  CHECK(end_of({frame_a, close_content}) == errc::peer_closed);
  CHECK(end_of({bytes_of({0x15, 0, 1})}) == errc::peer_closed);
  CHECK(end_of({bytes_of({0x15, 0, 2})}) == errc::peer_failed);
  CHECK(end_of({bytes_of({0x15, 0, 3})}) == errc::peer_failed);
  const auto then = [](bytes more) {
    receiver to(state::established, joined({record(close_content), std::move(more)}));
    REQUIRE(to.in.next_frames().error() == errc::peer_closed);
    REQUIRE(to.in.closed_by_peer());
    for (;;) {
      const auto error = to.in.next_frames().error();
      if (error != errc::peer_closed || to.in.ended()) return error;
    }
  };
  CHECK(then({}) == errc::peer_closed);
  CHECK(then(record(pong_content)) == errc::peer_closed);
  CHECK(then(bytes_of({0, 0})) == errc::peer_closed);
  for (const auto& late : {frame_a, ping_content, close_content, bytes_of({0x12})})
    CHECK(then(record(late)) == errc::unexpected_record);
  // Bytes that are no record end the connection as ever: to wait for more would be to spin.
  CHECK(then(bytes_of({0, 0, 0, 1, 0x10, 0, 0, 1})) == errc::malformed_record);
  CHECK(then(record(zeros(4), record_kind::hello)) == errc::unexpected_record);
}

TEST_CASE("frames taken one by one and by records are the same frames in order", "[record]") {
  const bytes wire = joined({record(bytes_of({0x01, 0, 1, 1, 0, 0, 0, 2, 2, 2})), record(bytes_of({0x02, 3})),
                             record(bytes_of({0x01, 0, 0})), record(bytes_of({0x02})),
                             record(bytes_of({0x01, 0, 1, 4, 0, 0}))});
  for (unsigned order = 0; order < 256; ++order) {
    receiver to(state::established, wire, 1 + order % 7);
    std::vector<bytes> got;
    std::error_code error;
    for (unsigned step = 0; !error; ++step) {
      if ((order >> step % 8 & 1) != 0) {
        const auto one = to.in.next_frame();
        error = one.error();
        if (one) got.emplace_back(one->bytes().begin(), one->bytes().end());
      } else {
        const auto batch = to.in.next_frames();
        error = batch.error();
        if (!batch) continue;
        for (const auto frame : *batch) got.emplace_back(frame.begin(), frame.end());
      }
    }
    CHECK(error == errc::truncated);
    CHECK(got ==
          std::vector<bytes>{bytes_of({1}), {}, bytes_of({2, 2}), bytes_of({3}), {}, {}, bytes_of({4}), {}});
    CHECK(to.in.frames() == 8);
  }
}
