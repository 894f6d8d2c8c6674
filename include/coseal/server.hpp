#pragma once

#include <coseal/asio.hpp>
#include <coseal/audience.hpp>
#include <coseal/channel.hpp>
#include <coseal/exchange.hpp>
#include <coseal/http.hpp>
#include <coseal/lost_options.hpp>
#include <coseal/message_bus.hpp>
#include <coseal/peer.hpp>
#include <coseal/runtime.hpp>
#include <coseal/session.hpp>
#include <coseal/session_options.hpp>
#include <coseal/transport.hpp>

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace coseal {

/// What serve_channel is told. An aggregate for a function that is not awaited.
struct serve_options {
  std::vector<listen_address> carriers = {};  ///< where to listen; bound at once
  std::vector<handler> handlers = {};         ///< beside the runtime's
  security_level minimum_level = security_level::none;
  /// Asked after the proofs and pins of each connection.
  std::function<task<bool>(authorisation_request)> authorise = {};
  /// Around every handler, inside of the runtime's.
  std::vector<around_handler> around = {};
  push_options pushes = {};
  /// For clients whose connection was lost. Until they are back, or their time is over, they count as
  /// connected.
  lost_options lost = {};
  /// For a server of several processes with one identity and channel: broadcasts, and pushes by coordinate or
  /// key, reach the clients of all of them, for example through redis_bus(). Pushes are sealed on the way,
  /// under keys of the identity's store. What the bus loses, or a process drops, is lost:
  /// push_report::published, relay_counters.
  std::shared_ptr<message_bus> relay = {};
  session_limits limits = {};
  std::shared_ptr<clock> time = steady_clock();
  /// Calls of one connection that take streams, at once; each may hold 256 KiB. Beyond it call_errc::busy.
  std::size_t uploads = 32;
  /// A handler threw something that its action does not declare.
  std::function<void(std::string_view action, std::exception_ptr failure)> on_failure = {};
  /// On the connection's strand, before its first handler and after it has ended: for a client whose
  /// connection was lost when it has not come back in the time of `lost`, and not at all when it has.
  std::function<void(coseal::peer&)> on_connected = {};
  std::function<void(coseal::peer&, std::error_code why)> on_disconnected = {};
  /// How calls over HTTP are answered that listen_http() and listen_any() bring: replay policy, token keys,
  /// endpoint id, longest body; the defaults if left out. The higher minimum level counts (authenticated
  /// at least); channel and time are those of these options; authorise, on_refused and plain handlers there
  /// are errc::invalid_option. A call has 10 minutes at most. The lists of hosts and origins count in fetch()
  /// alone: a place to listen has its own.
  std::optional<exchange_server_options> exchange = {};
  /// JSON without any security, for curl and scripts: `POST /domain/action`, and `GET /` for its OpenAPI
  /// document. Needs minimum_level none, and asks `authorise` each time: nobody is proved.
  bool plain_http = false;
  /// Who may ask for the description of this channel, `coseal call` for example; nobody without it.
  std::optional<security_level> describe_from = security_level::authenticated;
  /// A connection that did not become a session.
  std::function<void(std::error_code, const std::string& peer, const std::string& why)> on_refused = {};
};

/// One side of a channel that accepts: calls come in, pushes go out to its audience. Usable from any thread.
/// Destroying it aborts all connections; it must be gone before its execution context.
class server : public coseal::audience {
 public:
  server() noexcept = default;
  server(server&&) noexcept = default;
  server& operator=(server&&) noexcept;
  ~server();

  /// Until close() or the end of drain(). Throws coseal::error when the identity can not be had.
  task<void> run(operation_options options = {});
  /// Until the identity is loaded; listening has begun before.
  task<void> ready(operation_options options = {});
  /// Takes no more connections and calls, waits for those that run, then closes. Clients call elsewhere.
  task<void> drain(operation_options options = {});
  /// Closes every connection in order; handlers that run are cancelled.
  task<void> close();
  /// Where it listens, in the order of serve_options::carriers, in the form that transport_from takes.
  std::vector<std::string> addresses() const;
  /// Answers one request of HTTP that your own server has read, body and all.
  task<http_response> fetch(http_request asked);
  /// Serves a session that was accepted elsewhere, with this channel's definition.
  void adopt(session made);
  const coseal::audience& audience() const noexcept { return *this; }

 private:
  friend server serve_channel(const runtime& of, const channel& what, serve_options options);
  explicit server(std::shared_ptr<server_core> core);
  std::shared_ptr<server_core> core_;
};

/// Serves `what`. Returns at once, listening. Throws coseal::error: an address that can not be bound,
/// call_errc::not_in_channel for a handler of no call, call_errc::duplicate_handler.
server serve_channel(const runtime& of, const channel& what, serve_options options);

}  // namespace coseal
