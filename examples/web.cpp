// One port for every caller: coseal clients over TCP, WebSocket and HTTP, and curl. `web serve` goes on
// serving.
#include <coseal/coseal.hpp>
#include <coseal/listen_any.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct too_long {
  std::uint32_t most = 0;
};
COSEAL_STRUCT(too_long, most)

struct note {  // pushed to whoever is connected, too
  std::string text;
};
COSEAL_ACTION(note, text)

struct write {
  std::string text;
  using reply = std::uint32_t;  // how many there are now
  using errors = coseal::declared<too_long>;
};
COSEAL_ACTION(write, text)

struct read {
  using reply = std::vector<note>;
};
COSEAL_ACTION(read)

const auto notes =
    coseal::define_channel({.to_acceptor = {coseal::domain("notes").action<write>().action<read>()},
                            .to_connector = {coseal::domain("notes").action<note>()}});

class board {
 public:
  // [serving]
  coseal::serve_options serving() {
    coseal::serve_options options;
    options.carriers = {coseal::listen_any("127.0.0.1:0")};  // TCP, WebSocket and HTTP
    options.plain_http = true;                               // and JSON for curl, without any security
    options.handlers = {
        coseal::handle<write>([this](write in, coseal::context& where) -> coseal::task<std::uint32_t> {
          if (in.text.size() > 100) throw too_long{100};
          const note written{in.text};
          all_.push_back(written);
          co_await where.audience().broadcast(written);
          co_return static_cast<std::uint32_t>(all_.size());
        }),
        coseal::handle<read>([this](read) -> coseal::task<std::vector<note>> { co_return all_; })};
    return options;
  }
  // [serving]

 private:
  std::vector<note> all_;
};

coseal::task<std::size_t> visit(coseal::runtime self, std::string port) {
  // [calling]
  coseal::client_options options;
  options.peer = coseal::coordinate("board");
  options.transports = {coseal::transport_from("ws://" + port).value(),
                        coseal::transport_from("http://" + port).value()};
  options.allow_exchange = true;  // without pushes rather than not at all
  coseal::client client = coseal::connect_channel(self, notes, options);
  co_await client.call<write>("by WebSocket");
  // [calling]
  options.transports.erase(options.transports.begin());
  coseal::client by_http = coseal::connect_channel(self, notes, options);
  co_await by_http.call<write>("by HTTP");
  const std::vector<note> all = co_await by_http.call<read>();
  co_return all.size();
}

}  // namespace

int main(int argc, char** argv) {
  asio::io_context io;
  coseal::runtime self(io.get_executor(), coseal::coordinate("board"), coseal::memory_storage());
  board wall;
  coseal::server server = coseal::serve_channel(self, notes, wall.serving());
  const std::string port = server.addresses().front().substr(std::string_view("tcp://").size());
  if (argc == 2 && std::string_view(argv[1]) == "serve") {
    std::cout << port << std::endl;
    io.run();
    return 0;
  }
  const coseal::runtime visitor(io.get_executor(), coseal::coordinate("visitor"), coseal::memory_storage());
  std::size_t read = 0;
  asio::co_spawn(io, visit(visitor, port), [&](std::exception_ptr failure, std::size_t found) {
    if (failure) std::rethrow_exception(failure);
    read = found;
    io.stop();
  });
  io.run();
  std::cout << read << " notes, written by WebSocket and by HTTP\n";
}
