// Frames written in place and read in batches: one side streams numbers through make_frame, the other sends
// each batch back, the first checks them. Half-close ends each direction.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <cstdint>
#include <cstring>
#include <exception>
#include <iostream>
#include <vector>

namespace {

constexpr std::uint64_t frames = 10'000;

// [echo]
coseal::task<void> echo(coseal::session& session) {
  for (;;) {
    coseal::result<coseal::frame_batch> batch = co_await session.receive_some(coseal::as_result);
    if (!batch && batch.error() == coseal::errc::peer_closed) break;
    if (!batch) throw coseal::error(batch.error(), session.explain(batch.error()));
    for (std::span<const std::byte> frame : *batch) co_await session.send(frame);
  }
  co_await session.close();
}
// [echo]

// [in_place]
coseal::task<void> send_numbers(coseal::session& session) {
  for (std::uint64_t number = 0; number < frames; ++number) {
    coseal::frame_buffer frame =
        session.make_frame(sizeof number);  // memory of the send queue: no copy follows
    std::memcpy(frame.bytes().data(), &number, sizeof number);
    co_await session.send(std::move(frame));
  }
  co_await session.shutdown_send();
}
// [in_place]

coseal::task<void> check_numbers(coseal::session& session) {
  for (std::uint64_t wanted = 0; wanted < frames; ++wanted) {
    coseal::frame frame = co_await session.receive();
    std::uint64_t number = 0;
    if (frame.size() == sizeof number) std::memcpy(&number, frame.bytes().data(), sizeof number);
    if (number != wanted) throw std::runtime_error("a frame is not the one that was sent");
  }
  co_await session.close();
  std::cout << frames << " frames there and back at level " << to_string(session.info().level) << '\n';
}

void rethrow(std::exception_ptr failure) {
  if (failure) std::rethrow_exception(failure);
}

coseal::task<void> acceptor(std::unique_ptr<coseal::duplex_carrier> carrier) {
  coseal::endpoint self(coseal::coordinate("echo"), coseal::memory_storage());
  coseal::session session = co_await coseal::accept_session(self, std::move(carrier));
  co_await echo(session);
}

coseal::task<void> connector(std::unique_ptr<coseal::duplex_carrier> carrier) {
  coseal::endpoint self(coseal::coordinate("counter"), coseal::memory_storage());
  coseal::connect_options options;
  options.peer(coseal::coordinate("echo")).level(coseal::security_level::authenticated);
  coseal::session session = co_await coseal::connect_session(self, std::move(carrier), options);
  asio::co_spawn(session.executor(), send_numbers(session), rethrow);
  co_await check_numbers(session);
}

}  // namespace

int main() {
  asio::io_context io;
  auto [first, second] = coseal::memory_pair(io.get_executor(), io.get_executor());
  asio::co_spawn(io, acceptor(std::move(first)), rethrow);
  asio::co_spawn(io, connector(std::move(second)), rethrow);
  io.run();
}
