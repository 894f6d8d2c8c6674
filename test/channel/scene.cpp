#include "channel/scene.hpp"

#include <asio/steady_timer.hpp>

namespace coseal::test {

const channel& test_channel() {
  static const channel made = define_channel(
      {.to_acceptor = {domain("words").action<greet>().action<translate>(), domain("time").action<wait_for>(),
                       domain("data")
                           .action<forget>()
                           .action<blob>()
                           .action<count_to>()
                           .action<add_up>()
                           .action<echo_items>()},
       .to_connector = {domain("events").action<news>()}});
  return made;
}

scene::scene(security_level l)
    : level(l),
      backend(io.get_executor(), coordinate("backend", "main"), memory_storage()),
      frontend(io.get_executor(), coordinate("frontend", "one"), memory_storage()) {
  serving.time = connecting.time = time;
  serving.limits.keepalive = connecting.limits.keepalive = 0ms;
  connecting.peer = coordinate("backend");
  connecting.security = level;
}

transport scene::to_server() {
  return transport(
      "memory",
      [this](asio::any_io_executor, operation_options) -> task<result<std::unique_ptr<duplex_carrier>>> {
        ++attempts;
        if (!reachable) co_return asio::error::connection_refused;
        co_return lines.add(listening.connect({}, forth, back));
      });
}

scene& scene::open() {
  serving.carriers.push_back(listening.address());
  served = serve_channel(backend, test_channel(), serving);
  connecting.transports.push_back(to_server());
  connecting.on_state = [this](const channel_state& state) { states.push_back(state); };
  caller = connect_channel(frontend, test_channel(), connecting);
  return *this;
}

client scene::another(client_options options) {
  others_.emplace_back(io.get_executor(), coordinate("frontend", "other" + std::to_string(others_.size())),
                       memory_storage());
  options.peer = coordinate("backend");
  options.security = level;
  options.time = time;
  options.limits = connecting.limits;
  options.transports.push_back(to_server());
  return connect_channel(others_.back(), test_channel(), std::move(options));
}

task<void> scene::pause(clock::duration how_long) {
  asio::steady_timer woken(co_await asio::this_coro::executor, std::chrono::steady_clock::time_point::max());
  const auto alarm = time->make_alarm(co_await asio::this_coro::executor);
  alarm->set(time->now() + how_long, [&woken] { woken.cancel(); });
  std::error_code error;
  co_await woken.async_wait(asio::redirect_error(asio::use_awaitable, error));
  const auto state = co_await asio::this_coro::cancellation_state;
  if (state.cancelled() != asio::cancellation_type::none)
    throw std::system_error(asio::error::operation_aborted);
}

void scene::cut() {
  for (const auto id : served.clients()) served.disconnect(id);
}

void scene::end() {
  caller = client();
  served = server();
  settle();
}

}  // namespace coseal::test
