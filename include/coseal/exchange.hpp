#pragma once
// Calls over HTTP: one request, one answer, no connection that must last. Any process that holds the
// acceptor's identity answers any request; none keeps anything about a session.

#include <coseal/asio.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/clock.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/http.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_options.hpp>
#include <coseal/storage.hpp>
#include <coseal/trace.hpp>
#include <coseal/transport.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace coseal {

/// How a call ended: what is known about the handler on the other side.
enum class exchange_outcome {
  answered,  ///< it ran, and this is its answer
  refused,   ///< the acceptor says, proved, that it did not run
  not_sent,  ///< it did not run: the request never left, or not to an acceptor that we trust
  unknown,   ///< the request left and no answer that can be trusted came: it may have run
};

/// What a call gave.
struct exchange_reply {
  exchange_reply() {}

  exchange_outcome outcome = exchange_outcome::unknown;
  std::error_code error;        ///< zero exactly when answered
  std::string explanation;      ///< for people: what happened and what to do about it; empty when answered
  std::vector<std::byte> body;  ///< the answer
  /// The same call was sent before, perhaps to another server, and had no answer: whatever this one says, it
  /// may have run there.
  bool sent_before = false;

  explicit operator bool() const noexcept { return outcome == exchange_outcome::answered; }
};

/// How one call is made.
class exchange_call_options {
 public:
  exchange_call_options() {}
  /// For all of the call, handshake included. The handler is told what is left.
  exchange_call_options& within(clock::duration duration) { return within_ = duration, *this; }
  /// The handler may run more than once for it: it is asked again where an answer got lost, and answered by
  /// acceptors that can not promise to run it once.
  exchange_call_options& idempotent(bool yes) { return idempotent_ = yes, *this; }
  /// The trace that the call is part of; of plain_exchange_client alone, as the field traceparent.
  exchange_call_options& trace(std::optional<trace_context> parent) { return trace_ = parent, *this; }
  /// Gives the call up: errc::cancelled.
  exchange_call_options& stop(std::stop_token token) { return token_ = std::move(token), *this; }

  clock::duration within() const { return within_; }
  bool idempotent() const { return idempotent_; }
  const std::stop_token& token() const { return token_; }
  const std::optional<trace_context>& trace() const { return trace_; }

 private:
  clock::duration within_ = std::chrono::seconds(30);
  bool idempotent_ = false;
  std::stop_token token_;
  std::optional<trace_context> trace_;
};

/// Where HTTP requests go: how to open a byte stream to the server, and what to ask there under which Host.
class http_target {
 public:
  /// "http://host[:port][/path]" over TCP. Throws coseal::error (errc::invalid_address).
  explicit http_target(std::string url, socket_options options = {});
  /// The same URL, or an "https://" one, over a stream of your own: TLS, a Unix socket, a proxy. The URL then
  /// says only Host and path.
  http_target(transport stream, std::string url);

  const transport& stream() const noexcept { return stream_; }
  const std::string& url() const noexcept { return url_; }
  const std::string& host() const noexcept { return host_; }
  const std::string& target() const noexcept { return target_; }

 private:
  transport stream_;
  std::string url_;
  std::string host_;
  std::string target_;
};

/// The way to it for connect_channel: `.transports = {ws("ws://..."), http_exchange("http://...")}`. Level
/// none can not go this way.
transport http_exchange(http_target where);
/// "http://host[:port][/path]" or, with TLS beneath, "https://...". Throws coseal::error:
/// errc::invalid_address, errc::certificate_unusable, errc::invalid_option.
transport http_exchange(std::string url, socket_options options = {}, tls_options tls = {});

/// What a connector asks for.
class exchange_connect_options {
 public:
  exchange_connect_options() {}
  /// Whom to talk to, and so under which name it is pinned; empty: whoever answers.
  exchange_connect_options& peer(coordinate wanted) { return peer_ = std::move(wanted), *this; }
  /// authenticated or encrypted: level none has no secure exchange (errc::invalid_option).
  exchange_connect_options& level(security_level l) { return level_ = l, *this; }
  exchange_connect_options& channel(channel_definition definition) {
    return channel_ = std::move(definition), *this;
  }
  /// The longest answer that is taken, in bytes; 1 MiB by default.
  exchange_connect_options& max_answer(std::uint32_t bytes) { return max_answer_ = bytes, *this; }
  /// Idle connections that are kept for the next call.
  exchange_connect_options& idle_connections(std::size_t most) { return idle_connections_ = most, *this; }
  exchange_connect_options& time(std::shared_ptr<clock> source) { return time_ = std::move(source), *this; }

  const coordinate& peer() const { return peer_; }
  security_level level() const { return level_; }
  const channel_definition& channel() const { return channel_; }
  std::uint32_t max_answer() const { return max_answer_; }
  std::size_t idle_connections() const { return idle_connections_; }
  const std::shared_ptr<clock>& time() const { return time_; }

 private:
  coordinate peer_;
  security_level level_ = security_level::encrypted;
  channel_definition channel_;
  std::uint32_t max_answer_ = 1024 * 1024;
  std::size_t idle_connections_ = 8;
  std::shared_ptr<clock> time_ = steady_clock();
};

/// A snapshot of a connector for people, logs and counters.
struct exchange_info {
  exchange_info() {}

  security_level level = security_level::none;
  coordinate peer;                     ///< proved; empty before the first handshake
  std::optional<public_key> peer_key;  ///< there is one exactly while there is a session
  std::array<std::byte, 16> session_id{};
  bool first_contact = false;    ///< the peer's key was pinned by this session
  bool below_record = false;     ///< the level is weaker than the strongest one recorded for the peer
  std::uint64_t handshakes = 0;  ///< completed so far
};

/// The connector: calls to one server, as many at once as you like, over kept connections. It shakes hands
/// with the first call, and again by itself when its session ends; never at a lower level, never with another
/// key. All calls on `executor`, which runs on one thread or is a strand. Copies share one session. A child
/// after fork() gets errc::used_after_fork.
class exchange_client {
 public:
  /// Throws coseal::error (errc::invalid_option) at level none.
  exchange_client(asio::any_io_executor executor, endpoint self, http_target where,
                  exchange_connect_options options = {});

  /// Sends `body` and gives the outcome; throws nothing but std::bad_alloc. A body above the limit that the
  /// acceptor announced is errc::frame_too_large, not_sent.
  task<exchange_reply> call(std::vector<std::byte> body, exchange_call_options options = {});
  /// Opens a connection for the first call: whether anybody listens there. Nothing is asked yet. Errors:
  /// those of the transport, timed_out, cancelled.
  task<result<void>> open(operation_options options = {});
  exchange_info info() const;
  /// Closes idle connections; calls under way end as they would have.
  void close() noexcept;

  class state;

 private:
  std::shared_ptr<state> state_;
};

/// The connector of exchange_server_options::plain: JSON over HTTP without any security. Nobody is proved,
/// nothing is secret, and whoever is on the way may answer. Each call has a connection of its own. All
/// calls on `executor`.
class plain_exchange_client {
 public:
  /// Throws coseal::error (errc::invalid_option) unless `minimum_level` is none: it stands beside the target
  /// so that nobody is here by accident. Of the options peer, level and channel mean nothing here.
  plain_exchange_client(asio::any_io_executor executor, http_target where, security_level minimum_level,
                        exchange_connect_options options = {});

  /// POSTs one JSON text once; every answer but 200 with JSON is errc::http_status, unknown. Never `refused`:
  /// nobody could prove it.
  task<exchange_reply> call(std::vector<std::byte> json, exchange_call_options options = {});

  class state;

 private:
  std::shared_ptr<state> state_;
};

/// One call as the handler sees it.
struct exchange_request {
  exchange_request() {}

  coordinate caller;              ///< proved above level none; empty at none (plain HTTP)
  std::optional<public_key> key;  ///< above level none
  security_level level = security_level::none;
  std::array<std::byte, 16> session_id{};
  std::vector<std::byte> body;
  clock::time_point deadline = clock::time_point::max();  ///< when the caller no longer waits
  bool idempotent = false;
  bool maybe_replayed = false;  ///< nobody promises that this request is handled once; only with idempotent
  std::string source;           ///< the network address that is counted by, if there is one
  std::optional<trace_context> trace;  ///< plain HTTP: of the field traceparent, where it is whole
};

/// Answers one call. What it throws is told to the caller as errc::peer_failed, without its text.
using exchange_handler = std::function<task<std::vector<std::byte>>(exchange_request)>;

/// How an acceptor knows that it has seen a request before. Requests live for 30 s; each policy remembers
/// them for longer.
class replay_policy {
 public:
  /// In memory of this process: requests that name this process are handled once. Others, behind a balancer,
  /// are refused unless idempotent. `most` requests a minute; beyond them errc::busy.
  static replay_policy this_process(std::size_t most = 2'000'000);
  /// In a store that all processes share and that is strongly consistent: every request is handled once. One
  /// write a call; entries stand under "replay/" and are erased by whoever finds them old.
  static replay_policy shared(std::shared_ptr<storage> store);
  /// No memory: nothing is promised, and what is not idempotent is refused.
  static replay_policy none();

  class guard;
  const std::function<std::shared_ptr<guard>()>& make() const noexcept { return make_; }

 private:
  explicit replay_policy(std::function<std::shared_ptr<guard>()> make) : make_(std::move(make)) {}
  std::function<std::shared_ptr<guard>()> make_;
};

/// Where the keys come from that session tokens are sealed under.
enum class token_keys {
  /// The rolling keys in the identity document: what was recorded is out of reach once they are erased.
  request_ring,
  /// The identity's seed alone, for stores that can not be written. Whoever steals the identity opens all
  /// that was ever recorded of HTTP sessions with it.
  derived_no_forward_secrecy,
};

/// What an acceptor admits. Both secure levels by default.
class exchange_server_options {
 public:
  /// Answers a body of JSON with one; exchange_request::body is valid JSON, its level none.
  using plain_handler = exchange_handler;

  exchange_server_options() {}
  /// Serves `weakest` and everything stronger; above none (errc::invalid_option).
  exchange_server_options& minimum_level(security_level weakest) { return minimum_ = weakest, *this; }
  exchange_server_options& channel(channel_definition definition) {
    return channel_ = std::move(definition), *this;
  }
  /// Asked after the proofs and pins, at a session's start and whenever its token is renewed.
  exchange_server_options& authorise(std::function<task<bool>(authorisation_request)> hook) {
    return authorise_ = std::move(hook), *this;
  }
  exchange_server_options& replay(replay_policy policy) { return replay_ = std::move(policy), *this; }
  exchange_server_options& tokens(token_keys source) { return tokens_ = source, *this; }
  /// The name of this service among those that share its identity, 1 to 255 bytes; a request for one is
  /// refused by another. Default: the endpoint's environment.
  exchange_server_options& endpoint_id(std::string name) { return endpoint_id_ = std::move(name), *this; }
  /// The longest body of a call, in bytes; 1 MiB by default.
  exchange_server_options& max_body(std::uint32_t bytes) { return max_body_ = bytes, *this; }
  /// Web pages that may call, exactly as browsers name them: "https://app.example". None by default.
  exchange_server_options& origins(std::vector<std::string> exact) {
    return origins_ = std::move(exact), *this;
  }
  /// Exact values of Host that are answered (DNS rebinding); empty: all.
  exchange_server_options& hosts(std::vector<std::string> exact) { return hosts_ = std::move(exact), *this; }
  /// Answers `POST path` with JSON bodies and no security at all, for curl and scripts. Nothing is reachable
  /// so unless it is said here. `path` begins with '/' and is matched exactly; requests there are never
  /// secure ones, those elsewhere never plain.
  exchange_server_options& plain(std::string path, plain_handler handler) {
    return plain_.emplace_back(std::move(path), std::move(handler)), *this;
  }
  exchange_server_options& time(std::shared_ptr<clock> source) { return time_ = std::move(source), *this; }
  /// Called for each request that did not reach the handler; for logs and counters.
  exchange_server_options& on_refused(
      std::function<void(std::error_code, const std::string& source, const std::string& why)> hook) {
    return on_refused_ = std::move(hook), *this;
  }

  security_level minimum_level() const { return minimum_; }
  const channel_definition& channel() const { return channel_; }
  const std::function<task<bool>(authorisation_request)>& authorise() const { return authorise_; }
  const replay_policy& replay() const { return replay_; }
  token_keys tokens() const { return tokens_; }
  const std::string& endpoint_id() const { return endpoint_id_; }
  std::uint32_t max_body() const { return max_body_; }
  const std::vector<std::string>& origins() const { return origins_; }
  const std::vector<std::string>& hosts() const { return hosts_; }
  const std::vector<std::pair<std::string, plain_handler>>& plain() const { return plain_; }
  const std::shared_ptr<clock>& time() const { return time_; }
  const auto& on_refused() const { return on_refused_; }

 private:
  security_level minimum_ = security_level::authenticated;
  channel_definition channel_;
  std::function<task<bool>(authorisation_request)> authorise_;
  replay_policy replay_ = replay_policy::this_process();
  token_keys tokens_ = token_keys::request_ring;
  std::string endpoint_id_;
  std::uint32_t max_body_ = 1024 * 1024;
  std::vector<std::string> origins_;
  std::vector<std::string> hosts_;
  std::vector<std::pair<std::string, plain_handler>> plain_;
  std::shared_ptr<clock> time_ = steady_clock();
  std::function<void(std::error_code, const std::string&, const std::string&)> on_refused_;
};

/// The acceptor: requests in, responses out, no socket and no memory of sessions. Copies share one; calls may
/// come from any thread. Handlers run on the executor that calls.
class exchange_server {
 public:
  /// Throws coseal::error (errc::invalid_option).
  exchange_server(endpoint self, exchange_handler handler, exchange_server_options options = {});

  /// Answers one request that your own server received, body and all. Everything a peer can do wrong is in
  /// the response; throws nothing but std::bad_alloc.
  task<http_response> fetch(http_request asked);

  class state;
  const std::shared_ptr<state>& shared_state() const noexcept { return state_; }

 private:
  std::shared_ptr<state> state_;
};

/// Serves exchanges on a socket of its own. All calls on `executor`, which runs on one thread or is a strand.
class exchange_listener {
 public:
  /// Binds at once: listen_tcp, listen_unix, or TLS around one. Throws coseal::error.
  exchange_listener(asio::any_io_executor executor, exchange_server server, listen_address where);

  /// Ends when drain() was called and the last answer is out.
  task<void> serve();
  /// Accepts no more, closes what is idle, lets finish what is being answered.
  void drain() noexcept;
  /// Where it listens, with the port that the system chose: "tcp://127.0.0.1:40123".
  std::string address() const;

  class state;

 private:
  std::shared_ptr<state> state_;
};

}  // namespace coseal
