// Baseline and subject of http.

#include "http.hpp"
#include "http/exchange.hpp"
#include "http/server.hpp"
#include "plain_socket.hpp"
#include "statistics.hpp"
#include "two_cores.hpp"
#include "window.hpp"

#include <coseal/exchange.hpp>

#include <asio/co_spawn.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

namespace coseal::bench {
namespace {

/// What the callers of one run share; the last one to leave ends the server.
struct http_run {
  http_run(const http_load& l, std::function<void()> ends)
      : load(l), counted(l.warm_up, l.length), calling(l.connections), end(std::move(ends)) {}

  void answered(std::chrono::steady_clock::time_point asked) {
    const auto now = std::chrono::steady_clock::now();
    took.add(now - asked);
    if (counted.add(1, now)) took.clear();
  }
  void left() {
    if (--calling == 0) end();
  }
  run_result result() {
    if (!counted.over()) throw std::runtime_error("the connections ended before the time was over");
    run_result r;
    r.rate = counted.rate();
    r.p50_us = took.quantile_us(0.50);
    r.p99_us = took.quantile_us(0.99);
    return r;
  }

  const http_load& load;
  window counted;
  latencies took;
  std::size_t calling;
  std::function<void()> end;
};

std::string host_of(const std::string& address) {
  return address.substr(address.find("://") + 3);
}

task<http::response> echo_plain(http::request asked) {
  co_return http::response(200, "application/octet-stream", asked.body);
}

task<void> call_plain(http_run& run, std::string host) {
  const auto executor = co_await asio::this_coro::executor;
  auto carrier = co_await tcp(host).open(executor, operation_options());
  if (!carrier) throw std::system_error(carrier.error());
  const auto time = steady_clock();
  const std::vector<std::byte> body(run.load.message_size, std::byte{7});
  const http::exchange_options options;
  while (!run.counted.over()) {
    http::request_head head;
    head.method = "POST";
    head.target = "/";
    head.fields.emplace_back("Host", host);
    head.fields.emplace_back("Content-Type", "application/octet-stream");
    http::request asked(std::move(head), body);
    const auto now = std::chrono::steady_clock::now();
    const auto answer = co_await http::exchange(**carrier, *time, std::move(asked), options);
    if (!answer) throw std::system_error(answer.error());
    run.answered(now);
  }
  (*carrier)->close();
  run.left();
}

task<std::vector<std::byte>> echo_secure(exchange_request asked) {
  co_return std::move(asked.body);
}

task<void> call_secure(http_run& run, exchange_client client) {
  const std::vector<std::byte> body(run.load.message_size, std::byte{7});
  while (!run.counted.over()) {
    const auto now = std::chrono::steady_clock::now();
    const auto reply = co_await client.call(body);
    if (!reply) throw std::runtime_error(reply.explanation);
    run.answered(now);
  }
  client.close();
  run.left();
}

void run_both(const http_load& load, asio::io_context& calling, asio::io_context& answering) {
  run_on_two_cores(
      load.pin, [&] { calling.run(); }, [&] { answering.run(); },
      [&] {
        calling.stop();
        answering.stop();
      });
}

}  // namespace

run_result http_plain(const http_load& load) {
  asio::io_context calling(1), answering(1);
  auto bound = listen_tcp("127.0.0.1:0").open(answering.get_executor());
  http::server_options options;
  options.requests = static_cast<std::size_t>(-1);
  const auto server =
      std::make_shared<http::server>(answering.get_executor(), std::move(bound).value(), echo_plain, options);
  asio::co_spawn(answering, server->serve(), rethrow);
  http_run run(load, [&] { asio::post(answering, [&] { server->drain(); }); });
  for (std::size_t i = 0; i < load.connections; ++i)
    asio::co_spawn(calling, call_plain(run, host_of(server->address())), rethrow);
  run_both(load, calling, answering);
  return run.result();
}

run_result http_exchange(const http_load& load) {
  asio::io_context calling(1), answering(1);
  exchange_server server(endpoint(coordinate("backend"), memory_storage()), echo_secure);
  exchange_listener listener(answering.get_executor(), server, listen_tcp("127.0.0.1:0"));
  asio::co_spawn(answering, listener.serve(), rethrow);
  exchange_connect_options options;
  options.peer(coordinate("backend")).level(load.level).idle_connections(load.connections);
  exchange_client client(calling.get_executor(), endpoint(coordinate("frontend"), memory_storage()),
                         http_target("http://" + host_of(listener.address())), options);
  http_run run(load, [&] { asio::post(answering, [&] { listener.drain(); }); });
  for (std::size_t i = 0; i < load.connections; ++i)
    asio::co_spawn(calling, call_secure(run, client), rethrow);
  run_both(load, calling, answering);
  return run.result();
}

}  // namespace coseal::bench
