// [backend]
#include "greet.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

coseal::task<std::string> say_hello(greet in, coseal::context&) {
  co_return "hello " + in.name;
}

coseal::task<void> backend_main(asio::any_io_executor executor, std::string address) {
  coseal::runtime backend{executor, coseal::coordinate("backend"), coseal::file_storage("backend.id")};
  coseal::server server = coseal::serve_channel(backend, app,
                                                {.carriers = {coseal::listen_address_from(address).value()},
                                                 .handlers = {coseal::handle<greet>(say_hello)}});
  co_await server.run();
}

int main(int, char** argv) {
  asio::io_context io;
  auto done = asio::co_spawn(io, backend_main(io.get_executor(), argv[1]), asio::use_future);
  io.run();
  done.get();
}
// [backend]
