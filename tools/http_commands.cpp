#include "http_commands.hpp"

#include "byte_sink.hpp"
#include "byte_source.hpp"
#include "carrier/port_notice.hpp"
#include "failure.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>

#include <asio/post.hpp>
#include <asio/steady_timer.hpp>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <optional>
#include <string_view>
#include <vector>

namespace coseal::tool {
namespace {

constexpr std::string_view http_scheme = "http://", https_scheme = "https://";
constexpr std::size_t most_asked = 1024 * 1024;

clock::duration seconds(double amount) {
  return std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(amount));
}

task<exchange_client> open_client(const outgoing_options& options) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const result<coordinate> peer = coordinate::parse(options.peer);
  if (!peer) throw failure(peer.error(), "--peer " + options.peer + ": " + peer.error().message());
  if (options.level == security_level::none)
    throw failure(exit_code::usage,
                  "calls over HTTP are authenticated or encrypted: --level none is for sessions");
  options.own.check_aead();
  endpoint self = options.own.open(options.trust);
  const result<public_key> key = co_await self.load();
  if (!key) throw failure(key.error(), options.own.store.path() + ": " + key.error().message());
  exchange_connect_options wanted;
  wanted.peer(*peer).level(options.level);
  try {
    const transport where = transport_from(options.own.addresses.front(), {}, options.tls).value();
    co_return exchange_client(executor, std::move(self), *where.calls(), std::move(wanted));
  } catch (const std::system_error& wrong) {
    throw failure(wrong.code(), wrong.what());
  }
}

failure failure_of(const exchange_reply& reply) {
  const bool may_have_run = reply.outcome == exchange_outcome::unknown;
  return failure(reply.error, reply.explanation + (may_have_run ? "\n  the call may have been handled" : ""));
}

exchange_call_options how_to_call(const outgoing_options& options, bool idempotent,
                                  const std::stop_token& stop) {
  exchange_call_options made;
  made.within(seconds(options.timeout)).idempotent(idempotent).stop(stop);
  return made;
}

task<std::vector<std::byte>> echo(exchange_request asked) {
  co_return std::move(asked.body);
}

}  // namespace

bool is_http_address(const std::string& address) {
  return address.starts_with(http_scheme) || address.starts_with(https_scheme);
}

task<exit_code> ping_over_http(const outgoing_options& options, unsigned count, double interval,
                               reporter report, std::stop_token stop) {
  exchange_client client = co_await open_client(options);
  asio::steady_timer pause(co_await asio::this_coro::executor);
  const std::stop_callback on_stop(stop, std::function<void()>([&pause] { pause.cancel(); }));
  std::vector<double> trips;
  while (trips.size() < count && !stop.stop_requested()) {
    if (!trips.empty()) {
      pause.expires_after(seconds(interval));
      std::error_code woken;
      co_await pause.async_wait(asio::redirect_error(asio::use_awaitable, woken));
      if (stop.stop_requested()) break;
    }
    std::vector<std::byte> body(8);
    const auto begin = std::chrono::steady_clock::now();
    const exchange_reply reply = co_await client.call(std::move(body), how_to_call(options, true, stop));
    if (!reply && stop.stop_requested()) break;
    if (!reply) throw failure_of(reply);
    const double rtt =
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
    trips.push_back(rtt);
    char text[96];
    std::snprintf(text, sizeof text, "pong %zu: %.3f ms%s", trips.size(), rtt,
                  trips.size() == 1 ? ", handshake included" : "");
    json_line line("pong");
    line.add("sequence", trips.size()).add("rtt_ms", rtt);
    report.say(line, text);
  }
  co_return stop.stop_requested() ? exit_code::interrupted : exit_code::ok;
}

task<exit_code> call_over_http(const outgoing_options& options, const std::string& file, reporter report,
                               std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  byte_source source =
      file.empty() ? byte_source::standard_input(executor) : byte_source::file(executor, file);
  const std::stop_callback on_stop(
      stop, std::function<void()>([&] { asio::post(executor, [&source] { source.cancel(); }); }));
  std::vector<std::byte> body;
  std::vector<std::byte> part(64 * 1024);
  while (body.size() <= most_asked) {
    const result<std::size_t> got = co_await source.read_some(part);
    if (!got) throw failure(exit_code::storage, "can not read what to ask: " + got.error().message());
    if (*got == 0) break;
    body.insert(body.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(*got));
  }
  if (stop.stop_requested()) co_return exit_code::interrupted;
  exchange_client client = co_await open_client(options);
  exchange_reply reply = co_await client.call(std::move(body), how_to_call(options, false, stop));
  if (!reply) throw failure_of(reply);
  json_line line("answered");
  line.add("bytes", reply.body.size());
  report.say(line, "");
  byte_sink sink = byte_sink::standard_output(executor);
  const auto written = co_await sink.write(reply.body);
  if (!written) throw failure(exit_code::storage, "can not write the answer: " + written.error().message());
  co_return exit_code::ok;
}

exchange_server echo_server(const endpoint& self, security_level minimum, const reporter& report) {
  exchange_server_options options;
  options.minimum_level(std::max(minimum, security_level::authenticated));
  options.on_refused([report](std::error_code cause, const std::string& source, const std::string& why) {
    json_line line("refused");
    line.add("peer", source).add("message", why).add("exit", static_cast<int>(exit_code_of(cause)));
    report.say(line, "refused " + source + ": " + why);
  });
  return exchange_server(self, echo, std::move(options));
}

task<http_response> echo_or_tell(exchange_server server, http_request asked) {
  if (asked.method != "POST") co_return port_notice(asked);
  co_return co_await server.fetch(std::move(asked));
}

http_handler echo_or_notice(exchange_server server) {
  return [server = std::move(server)](http_request asked) { return echo_or_tell(server, std::move(asked)); };
}

task<exit_code> listen_over_http(const own_options& own, security_level minimum, const trust_options& trust,
                                 const tls_server_options& tls, reporter report,
                                 std::function<void(const std::string&, const public_key&)> opened,
                                 std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  own.check_aead();
  endpoint self = own.open(trust);
  const auto scraped = own.watched.serve_metrics(executor, self);
  const result<public_key> key = co_await self.load();
  if (!key) throw failure(key.error(), own.store.path() + ": " + key.error().message());
  const std::string& wanted = own.addresses.front();
  const bool secure = wanted.starts_with(https_scheme);
  std::string where = wanted.substr((secure ? https_scheme : http_scheme).size());
  where = where.substr(0, where.find('/'));
  const auto streams = listen_address_from((secure ? "tls://" : "tcp://") + where, {}, tls);
  if (!streams) throw failure(streams.error(), wanted + ": " + streams.error().message());
  std::optional<exchange_listener> listener;
  try {
    listener.emplace(executor, echo_server(self, minimum, report), *streams);
  } catch (const std::system_error& failed) {
    throw failure(failed.code(), "can not listen on " + wanted + ": " + failed.what());
  }
  const std::string address = listener->address();
  opened(std::string(secure ? https_scheme : http_scheme) + address.substr(address.find("://") + 3), *key);
  const std::stop_callback on_stop(
      stop, std::function<void()>([&] { asio::post(executor, [&listener] { listener->drain(); }); }));
  co_await listener->serve();
  co_return exit_code::ok;
}

}  // namespace coseal::tool
