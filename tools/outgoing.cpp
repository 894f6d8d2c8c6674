#include "outgoing.hpp"

#include "conversation.hpp"
#include "failure.hpp"

#include <coseal/connector.hpp>
#include <coseal/error.hpp>

#include <asio/bind_cancellation_slot.hpp>
#include <asio/cancellation_signal.hpp>
#include <asio/co_spawn.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <vector>

namespace coseal::tool {
namespace {

/// One address is tried once, several in their order, and again until the time is over.
task<void> connect_into(std::optional<result<session>>& made, endpoint self, std::vector<route> ways,
                        connect_options wanted, connector_options how, std::string& explanation) {
  if (ways.size() == 1) {
    transport where = std::get<transport>(std::move(ways.front()));
    made.emplace(co_await connect_session(as_result, std::move(self), std::move(where), std::move(wanted),
                                          &explanation));
    co_return;
  }
  const operation_options in_all = within(wanted.within());
  connector trying(std::move(self), std::move(ways), std::move(wanted), std::move(how));
  made.emplace(co_await trying.connect(as_result, in_all, &explanation));
}

std::vector<route> ways_to(const std::vector<std::string>& addresses, const tls_options& tls) {
  std::vector<route> ways;
  for (const std::string& address : addresses) {
    result<transport> where = transport_from(address, {}, tls);
    if (!where && where.error() == errc::certificate_unusable)
      throw failure(where.error(), "--ca " + tls.ca_file + ": " + where.error().message());
    if (!where) throw failure(where.error(), address + ": an address is " + std::string(address_forms));
    ways.emplace_back(*std::move(where));
  }
  return ways;
}

connector_options telling(const reporter& report) {
  connector_options how;
  how.on_event([report](const connector_event& event) {
    if (event.what != connector_event::kind::failed) return;
    json_line line("unreachable");
    line.add("transport", event.transport).add("message", event.explanation);
    report.say(line, event.explanation);
  });
  return how;
}

/// The library does not know which store a command was given: its texts leave a place for it.
std::string with_store(std::string text, const store_option& store) {
  static const std::string place = " --store <store>";
  const std::size_t at = text.find(place);
  if (at != std::string::npos) text.replace(at, place.size(), store.as_argument());
  return text;
}

/// What the other side would have to do, where one option of it is the answer.
std::string advice_on(std::error_code cause) {
  if (cause == errc::level_below_record)
    return "\n  `coseal listen --ledger allow` at the peer would let it in";
  if (cause == errc::level_refused)
    return "\n  ask for another --level, or use `coseal listen --minimum-level` at the peer";
  return {};
}

failure refusal(std::error_code cause, const std::string& text, const store_option& store) {
  return failure(cause, with_store(text, store) + advice_on(cause));
}

}  // namespace

void outgoing_options::add_to(CLI::App& command, std::size_t most) {
  static const std::string one = std::string(address_forms);
  static const std::string several =
      one + "; of several the first that can be reached, tried again until --timeout";
  own.add_to(command, (most == 1 ? one : several).c_str(), most);
  command
      .add_option("--ca", tls.ca_file,
                  "The authorities that tls:// and wss:// trust, PEM [those of the system]")
      ->type_name("FILE");
  command
      .add_option("--peer", peer,
                  "Whom we want to meet: ENVIRONMENT or ENVIRONMENT/INSTANCE; its key is pinned under this")
      ->required()
      ->type_name("COORDINATE");
  add_level(command, "--level", level, "How much the session is protected");
  add_pin_policy(command, trust);
  command.add_option("--timeout", timeout, "Seconds to reach the peer and shake hands")
      ->check(CLI::Range(0.001, 86400.0))
      ->capture_default_str();
  command
      .add_option("--keep", keep,
                  "Keep the session in the store under this name, and go on with the one that is kept there")
      ->type_name("NAME");
}

task<session> open_session(const outgoing_options& options, const reporter& report, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const result<coordinate> peer = coordinate::parse(options.peer);
  if (!peer) throw failure(peer.error(), "--peer " + options.peer + ": " + peer.error().message());
  std::vector<route> ways = ways_to(options.own.addresses, options.tls);
  if (options.level != security_level::none) options.own.check_aead();
  endpoint self = options.own.open(options.trust);
  const result<public_key> key = co_await self.load();
  if (!key) throw failure(key.error(), options.own.store.path() + ": " + key.error().message());

  const auto time =
      std::chrono::duration_cast<clock::duration>(std::chrono::duration<double>(options.timeout));
  connect_options wanted;
  wanted.peer(*peer).level(options.level).aead(options.own.aead).within(time).keep_as(options.keep);
  asio::cancellation_signal cancel;
  const std::stop_callback on_stop(
      stop, std::function<void()>([&cancel] { cancel.emit(asio::cancellation_type::terminal); }));
  std::optional<result<session>> made;
  std::string explanation;
  std::exception_ptr thrown;
  try {
    co_await asio::co_spawn(executor,
                            connect_into(made, self, std::move(ways), wanted, telling(report), explanation),
                            asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
  } catch (const std::system_error&) {
    if (!stop.stop_requested()) throw;
  }
  if (stop.stop_requested()) throw failure(exit_code::interrupted, "interrupted");
  if (!*made) {
    const std::error_code cause = made->error();
    const std::string text =
        explanation.empty() ? options.own.addresses.front() + ": " + cause.message() : explanation;
    throw refusal(cause, text, options.own.store);
  }
  session talk = **std::move(made);
  if (options.level == security_level::none) {
    const result<void> accepted = co_await talk.accepted(as_result, stop_on(stop).within(time));
    if (!accepted) throw refusal(accepted.error(), talk.explain(accepted.error()), options.own.store);
  }
  say_session(report, talk.info());
  co_return talk;
}

}  // namespace coseal::tool
