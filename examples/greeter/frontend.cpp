// [frontend]
#include "greet.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/use_future.hpp>

#include <iostream>

coseal::task<void> frontend_main(asio::any_io_executor executor, std::string address) {
  coseal::runtime frontend{executor, coseal::coordinate("frontend"), coseal::file_storage("frontend.id")};
  coseal::client client = coseal::connect_channel(frontend, app,
                                                  {.peer = coseal::coordinate("backend"),
                                                   .security = coseal::security_level::encrypted,
                                                   .transports = {coseal::transport_from(address).value()}});
  std::cout << co_await client.call<greet>("Ada") << '\n';
}

int main(int, char** argv) {
  asio::io_context io;
  auto done = asio::co_spawn(io, frontend_main(io.get_executor(), argv[1]), asio::use_future);
  io.run();
  done.get();
}
// [frontend]
