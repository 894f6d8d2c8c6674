#include "run_until_signal.hpp"

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/signal_set.hpp>

#include <csignal>
#include <exception>
#include <unistd.h>

namespace coseal::tool {

exit_code run_until_signal(const std::function<task<exit_code>(std::stop_token)>& body) {
  asio::io_context io{1};
  std::stop_source stop;
  asio::signal_set signals(io, SIGINT, SIGTERM);
  const std::function<void(std::error_code, int)> on_signal = [&](std::error_code ended, int) {
    if (ended) return;
    if (!stop.request_stop()) ::_exit(static_cast<int>(exit_code::interrupted));
    signals.async_wait(on_signal);
  };
  signals.async_wait(on_signal);

  exit_code code = exit_code::ok;
  std::exception_ptr thrown;
  asio::co_spawn(io, body(stop.get_token()), [&](std::exception_ptr e, exit_code result) {
    thrown = e;
    code = result;
    signals.cancel();
    io.stop();  // what else is still pending belongs to sessions and listeners that are gone by now
  });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return code;
}

}  // namespace coseal::tool
