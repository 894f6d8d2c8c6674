// A chat: what one says is pushed to all, and who comes later asks for what was said before.
#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

#include <exception>
#include <iostream>
#include <string>
#include <vector>

namespace {

// [contract]
struct line {
  std::string who;
  std::string text;
};
COSEAL_ACTION(line, who, text)  // as a push; as a value it stands in `history` too

struct say {
  std::string text;
};
COSEAL_ACTION(say, text)

struct history {
  std::uint32_t most = 0;
  using reply = std::vector<line>;
};
COSEAL_ACTION(history, most)

const auto chat =
    coseal::define_channel({.to_acceptor = {coseal::domain("room").action<say>().action<history>()},
                            .to_connector = {coseal::domain("room").action<line>()}});
// [contract]

// [room]
class room {
 public:
  coseal::serve_options serving() {
    // A reader that is 256 lines behind loses the oldest ones instead of making everybody wait.
    coseal::serve_options options;
    options.pushes.policy = coseal::push_policy::drop_oldest;
    options.handlers = {coseal::handle<say>([this](say in, coseal::context& where) -> coseal::task<void> {
                          const line said{where.claimed_coordinate().instance(), in.text};
                          said_.push_back(said);
                          co_await where.audience().broadcast(said);
                        }),
                        coseal::handle<history>([this](history in) -> coseal::task<std::vector<line>> {
                          const auto n = std::min<std::size_t>(in.most, said_.size());
                          co_return std::vector<line>(said_.end() - static_cast<std::ptrdiff_t>(n),
                                                      said_.end());
                        })};
    return options;
  }

 private:
  std::vector<line> said_;
};
// [room]

struct guest {
  coseal::runtime self;
  std::vector<std::string> heard;
  coseal::client client;

  guest(asio::any_io_executor executor, std::string name, const std::string& address)
      : self(executor, coseal::coordinate("guest", name), coseal::memory_storage()) {
    client =
        coseal::connect_channel(self, chat,
                                {.peer = coseal::coordinate("room"),
                                 .transports = {coseal::transport_from(address).value()},
                                 .handlers = {coseal::handle<line>([this](line said) -> coseal::task<void> {
                                   heard.push_back(said.who + ": " + said.text);
                                   co_return;
                                 })}});
  }
};

coseal::task<void> evening(asio::any_io_executor executor, coseal::server& server) {
  const std::string address = server.addresses().front();
  guest ada(executor, "ada", address), alan(executor, "alan", address);
  co_await ada.client.ready();
  co_await alan.client.ready();
  co_await ada.client.call<say>("hello");
  co_await alan.client.call<say>("good evening");

  guest late(executor, "grace", address);
  const std::vector<line> before = co_await late.client.call<history>(10U);
  co_await late.client.call<say>("sorry");
  co_await ada.client.call<history>(1U);  // behind the push, on the same connection
  std::cout << "grace read " << before.size() << " lines, ada heard " << ada.heard.size() << ", the last was "
            << ada.heard.back() << '\n';
  co_await server.close();
}

}  // namespace

int main() {
  asio::io_context io;
  room here;
  coseal::runtime self(io.get_executor(), coseal::coordinate("room"), coseal::memory_storage());
  coseal::serve_options options = here.serving();
  options.carriers = {coseal::listen_tcp("127.0.0.1:0")};
  coseal::server server = coseal::serve_channel(self, chat, std::move(options));
  asio::co_spawn(io, evening(io.get_executor(), server), [](std::exception_ptr failure) {
    if (failure) std::rethrow_exception(failure);
  });
  io.run();
}
