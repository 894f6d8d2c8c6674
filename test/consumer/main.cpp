// What anybody's program does: includes the public headers, opens a session, sends a frame.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>

int main() {
  asio::io_context io;
  auto [first, second] = coseal::memory_pair(io.get_executor(), io.get_executor());
  bool received = false;
  const auto rethrow = [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  };
  const auto accept = [&received](std::unique_ptr<coseal::duplex_carrier> carrier) -> coseal::task<void> {
    coseal::endpoint self(coseal::coordinate("backend"), coseal::memory_storage());
    coseal::session session = co_await coseal::accept_session(self, std::move(carrier));
    coseal::frame frame = co_await session.receive();
    received = frame.text() == "through the wrap";
    co_await session.close();
  };
  const auto connect = [](std::unique_ptr<coseal::duplex_carrier> carrier) -> coseal::task<void> {
    coseal::endpoint self(coseal::coordinate("frontend"), coseal::memory_storage());
    coseal::session session = co_await coseal::connect_session(self, std::move(carrier));
    co_await session.send(std::as_bytes(std::span("through the wrap", 16)));
    co_await session.close();
  };
  asio::co_spawn(io, accept(std::move(first)), rethrow);
  asio::co_spawn(io, connect(std::move(second)), rethrow);
  io.run();
  return received ? 0 : 1;
}
