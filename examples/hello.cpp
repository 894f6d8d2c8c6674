// Two programs in one: a backend that answers, a frontend that asks. Over a network only the address changes.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/detached.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <iostream>

// [hello]
coseal::task<void> backend(coseal::listener sessions) {
  coseal::session session = co_await sessions.accept();
  coseal::frame name = co_await session.receive();
  std::string answer = "hello " + std::string(name.text());
  co_await session.send(std::as_bytes(std::span(answer)));
  co_await session.close();
}

coseal::task<void> frontend(std::string address) {
  coseal::endpoint self(coseal::coordinate("frontend"), coseal::file_storage("frontend.id"));
  coseal::session session = co_await coseal::connect_session(self, coseal::tcp(address));
  co_await session.send(std::as_bytes(std::span("Ada", 3)));
  coseal::frame answer = co_await session.receive();
  std::cout << answer.text() << '\n';
}

int main() {
  asio::io_context io;
  coseal::endpoint self(coseal::coordinate("backend"), coseal::file_storage("backend.id"));
  coseal::listener sessions(io.get_executor(), self, coseal::listen_tcp("127.0.0.1:0"));
  auto done = asio::co_spawn(io, frontend(sessions.address()), asio::use_future);
  asio::co_spawn(io, backend(std::move(sessions)), asio::detached);
  io.run();
  done.get();
}
// [hello]
