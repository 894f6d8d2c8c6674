// The subject of call: typed calls through a channel, `outstanding` coroutines that each ask one after the
// other; handlers that send their input back.

#include "call.hpp"
#include "session_pair.hpp"
#include "two_cores.hpp"

#include <coseal/coseal.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>

namespace coseal::bench {
namespace {

struct echo {
  std::vector<std::byte> bytes;
  using reply = std::vector<std::byte>;
};
COSEAL_ACTION(echo, bytes)

void rethrow_failure(const std::exception_ptr& failure) {
  if (failure) std::rethrow_exception(failure);
}

task<void> ask_again_and_again(client server, std::size_t message_size, request_meter& meter,
                               std::size_t& askers) {
  const echo request{std::vector<std::byte>(message_size, std::byte{7})};
  while (!meter.over()) {
    meter.sent_all_due();
    co_await server.call(request);
    meter.replied(1);
  }
  if (--askers == 0) co_await server.close();
}

}  // namespace

run_result call_channel(const request_load& load) {
  static const channel contract = define_channel({.to_acceptor = {domain("bench").action<echo>()}});
  request_meter meter(load);
  asio::io_context asking(1), answering(1);
  auto& serving = load.one_thread ? asking : answering;
  session_link link;
  link.carrier = load.carrier;
  link.congestion = load.congestion;
  runtime backend(serving.get_executor(), coordinate("backend"), memory_storage());
  runtime frontend(asking.get_executor(), coordinate("frontend"), memory_storage());
  std::size_t askers = load.outstanding;
  serve_options options;
  options.carriers = {link.listening()};
  options.handlers = {
      handle<echo>([](echo in) -> task<std::vector<std::byte>> { co_return std::move(in.bytes); })};
  options.on_disconnected = [&serving](peer&, std::error_code) { serving.stop(); };
  server open = serve_channel(backend, contract, std::move(options));
  {
    client_options connecting;
    connecting.peer = coordinate("backend");
    connecting.security = load.level;
    connecting.transports = {transport_from(open.addresses().front(), link.sockets()).value()};
    client asker = connect_channel(frontend, contract, std::move(connecting));
    for (std::size_t i = 0; i < load.outstanding; ++i)
      asio::co_spawn(asking, ask_again_and_again(asker, load.message_size, meter, askers), rethrow_failure);
  }
  if (load.one_thread) {
    asking.run();
  } else {
    run_on_two_cores(
        load.pin, [&] { asking.run(); }, [&] { answering.run(); },
        [&] {
          asking.stop();
          answering.stop();
        });
  }
  return meter.result();
}

}  // namespace coseal::bench
