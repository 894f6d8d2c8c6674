// What a running stream costs besides its bytes: nothing from the allocator, and no copy of a payload that
// the level does not demand. Its own program, because it counts every operator new of the process.

#include "session/stage.hpp"

#include <asio/co_spawn.hpp>
#include <asio/error.hpp>

#include <atomic>
#include <cstdlib>
#include <malloc.h>
#include <new>

namespace {

std::atomic<std::size_t> allocations{0};
std::atomic<std::size_t> bytes_in_use{0};  // what operator new gave and operator delete did not take back

void* counted(std::size_t size, std::size_t alignment) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (memory == nullptr) throw std::bad_alloc();
  bytes_in_use.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}

void freed(void* memory) {
  if (memory != nullptr) bytes_in_use.fetch_sub(malloc_usable_size(memory), std::memory_order_relaxed);
  std::free(memory);
}

}  // namespace

void* operator new(std::size_t size) {
  return counted(size == 0 ? 1 : size, alignof(std::max_align_t));
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory != nullptr) bytes_in_use.fetch_add(malloc_usable_size(memory), std::memory_order_relaxed);
  return memory;
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size == 0 ? 1 : size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
  freed(memory);
}
void operator delete(void* memory, std::size_t) noexcept {
  freed(memory);
}
void operator delete(void* memory, std::align_val_t) noexcept {
  freed(memory);
}
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept {
  freed(memory);
}

namespace coseal::test {
namespace {

bool within_any(std::span<const std::byte> part, const std::vector<std::span<const std::byte>>& wholes) {
  for (const auto whole : wholes)
    if (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size()) return true;
  return false;
}

/// Streams `frames` frames over TCP on loopback, on one thread, with the batch API or one await a frame.
std::size_t allocations_of_a_stream(security_level level, std::size_t size, std::size_t frames,
                                    bool batches) {
  asio::io_context io{1};
  const endpoint connector_side(coordinate("frontend", "one"), memory_storage());
  const endpoint acceptor_side(coordinate("backend", "main"), memory_storage());
  listener open(io.get_executor(), acceptor_side, listen_tcp("127.0.0.1:0"));
  connect_options connecting;
  connecting.level(level);
  const std::size_t warm_up = frames;
  std::size_t counted_from = 0, counted_to = 0;
  std::exception_ptr failure;
  const auto done = [&](std::exception_ptr e) {
    if (e && !failure) failure = e;
  };
  const script take = [&]() -> task<void> {
    session end = co_await open.accept();
    for (std::size_t taken = 0; taken < warm_up + 2 * frames;) {
      if (batches) {
        const frame_batch batch = co_await end.receive_some();
        taken += batch.size();
      } else {
        const frame one = co_await end.receive();
        ++taken;
      }
      if (taken >= warm_up && counted_from == 0) counted_from = allocations;
      if (taken >= warm_up + frames && counted_to == 0) counted_to = allocations;
    }
    co_await end.close();
    open.close();
  };
  const script give = [&]() -> task<void> {
    session end = co_await connect_session(connector_side, *transport_from(open.address()), connecting);
    co_await end.accepted();
    const auto frame = pattern(size);
    const std::vector<std::span<const std::byte>> some(64, std::span<const std::byte>(frame));
    for (std::size_t left = warm_up + 2 * frames; left != 0;) {
      if (batches) {
        const auto now = std::span(some).first(std::min(left, some.size()));
        left -= co_await end.send_some(now);
      } else {
        co_await end.send(frame);
        --left;
      }
    }
    co_await end.close();
  };
  asio::co_spawn(io, take(), done);
  asio::co_spawn(io, give(), done);
  io.run();
  if (failure) std::rethrow_exception(failure);
  return counted_to - counted_from;
}

}  // namespace

TEST_CASE("a running stream does not allocate", "[session][steady]") {
  const auto level = GENERATE(from_range(every_level));
  const std::size_t size = GENERATE(64, 16 * 1024);
  const bool batches = GENERATE(true, false);
  const std::size_t frames = size == 64 ? 60'000 : 4'000;
  const std::size_t counted = allocations_of_a_stream(level, size, frames, batches);
  CAPTURE(level, size, batches, frames, counted);
  // Not one for twenty frames: what is left belongs to alarms, one in some milliseconds, whatever the frames,
  // and so grows where the machine is slow.
  CHECK(counted * 20 <= frames + 200);
}

TEST_CASE("a 16 KiB payload is written once and read where it lies", "[session][steady]") {
  encounter e(GENERATE(from_range(every_level)));
  std::vector<std::span<const std::byte>> written, read;
  e.connector_tap.on_write = [&](std::span<const asio::const_buffer> buffers) {
    for (const auto& each : buffers)
      written.emplace_back(static_cast<const std::byte*>(each.data()), each.size());
  };
  e.acceptor_tap.on_read = [&](std::span<const std::byte> got) { read.push_back(got); };
  e.meet();
  const auto payload = pattern(16 * 1024);
  // Lent memory leaves from where it was filled, at every level.
  e.start([&]() -> task<void> {
    for (int i = 0; i < 50; ++i) {
      written.clear();
      frame_buffer lent = e.connector.make_frame(payload.size());
      const std::span<const std::byte> filled(lent.bytes());
      std::ranges::copy(payload, lent.bytes().begin());
      co_await e.connector.send(std::move(lent));
      co_await e.connector.drain();
      CHECK(within_any(filled, written));
    }
    // The caller's own bytes leave from where they are, where the level does not change them; at encrypted
    // the seal that changes them is the only pass over them.
    for (int i = 0; i < 50; ++i) {
      written.clear();
      co_await e.connector.send(payload);
      co_await e.connector.drain();
      CHECK(within_any(payload, written) == (e.level != security_level::encrypted));
    }
    // A stream, in which records lie across the ends of reads.
    for (int i = 0; i < 400; ++i) co_await e.connector.send(payload);
    co_await e.connector.shutdown_send();
  });
  // What the carrier read is what the application sees: opened in place. Adjacent reads make one whole.
  std::size_t in_place = 0, all = 0;
  e.run([&]() -> task<void> {
    for (;;) {
      if (read.size() > 20) read.erase(read.begin(), read.end() - 20);
      const auto batch = co_await e.acceptor.receive_some(as_result);
      if (!batch) break;
      for (const auto frame : *batch) {
        ++all;
        std::vector<std::span<const std::byte>> joined;
        for (const auto piece : read) {
          if (!joined.empty() && joined.back().data() + joined.back().size() == piece.data())
            joined.back() = {joined.back().data(), joined.back().size() + piece.size()};
          else
            joined.push_back(piece);
        }
        if (within_any(frame, joined)) ++in_place;
        CHECK(same(frame, payload));
      }
    }
  });
  CHECK(all == 500);
  CHECK(in_place >= 499);  // the first may be moved once, out of memory that was meant for small ones
}

TEST_CASE("a session that has been quiet for a second gives up its expanded keys, and makes them again",
          "[session]") {
  encounter e(GENERATE(security_level::authenticated, security_level::encrypted));
  e.meet();
  const auto talk = [&] {
    e.run([&]() -> task<void> {
      const auto frame = pattern(100);
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
      co_await e.acceptor.send(frame);
      (void)co_await e.connector.receive();
    });
  };
  talk();
  e.pass(900ms);
  const std::size_t before = bytes_in_use;
  e.pass(200ms);
  const std::size_t quiet = bytes_in_use;
  CHECK(quiet + 4 * 480 <= before);  // two directions at two ends; the smallest backend's key has 480 bytes
  talk();
  e.pass(900ms);
  CHECK(bytes_in_use >= quiet + 4 * 480);
}

TEST_CASE("a session that hibernates gives up its working memory, and takes no more each time", "[session]") {
  encounter e(GENERATE(from_range(every_level)));
  e.meet();
  const auto talk = [&] {
    e.run([&]() -> task<void> {
      const auto frame = pattern(100);
      co_await e.connector.send(frame);
      (void)co_await e.acceptor.receive();
      co_await e.acceptor.send(frame);
      (void)co_await e.connector.receive();
    });
  };
  const auto sleep = [&] {
    REQUIRE(hibernate_idle_sessions(e.io.get_executor()) == 2);
    e.settle();
    return bytes_in_use.load();
  };
  talk();
  const std::size_t first = sleep();
  talk();
  e.pass(2s);  // without expanded keys
  const std::size_t awake = bytes_in_use;
  CHECK(sleep() + 2 * 900 <= awake);
  for (int i = 0; i < 200; ++i) {
    talk();
    sleep();
  }
  CHECK(sleep() <= first + 200 * 80);  // the stage keeps what it has played
}

}  // namespace coseal::test
