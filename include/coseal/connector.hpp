#pragma once

#include <coseal/endpoint.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/session.hpp>
#include <coseal/session_options.hpp>
#include <coseal/transport.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace coseal {

/// A transport that is used without security, at level none, whatever the level that was asked for.
class plain_transport {
 public:
  explicit plain_transport(transport where) : where_(std::move(where)) {}
  const transport& where() const noexcept { return where_; }

 private:
  transport where_;
};
inline plain_transport plain(transport where) {
  return plain_transport(std::move(where));
}

/// One way to the acceptor.
using route = std::variant<transport, plain_transport>;

/// What a connector does, for logs and people.
struct connector_event {
  enum class kind {
    connecting,  ///< over `transport`
    failed,      ///< over `transport`, because of `why`; the next way is tried
    connected,   ///< over `transport`, the first of the list
    degraded,    ///< connected, but over a later one: better() waits for an earlier
    waiting,     ///< all have failed: the next round begins after `pause`
    lost,        ///< a session that was connected over `transport` has failed with `why`
  };

  connector_event() {}

  kind what = kind::connecting;
  std::string transport;                       ///< its name
  std::error_code why;                         ///< failed, waiting (of the last way), lost
  std::string explanation;                     ///< for people, with `why`
  clock::duration pause{0};                    ///< waiting
  session_start start = session_start::fresh;  ///< connected, degraded
};

/// How a connector goes about it.
class connector_options {
 public:
  connector_options() {}
  /// Between two rounds over the list: `first`, then twice as long each time up to `longest`; each pause is
  /// drawn between half and all of that, so that a thousand connectors do not come back at once.
  connector_options& backoff(clock::duration first, clock::duration longest) {
    return first_ = first, longest_ = longest, *this;
  }
  /// Sessions that ended younger than this count as failures: their successor waits as the next round would.
  connector_options& steady_after(clock::duration age) { return steady_after_ = age, *this; }
  /// What a plain transport needs beside it: security_level::none. Otherwise the level asked for.
  connector_options& minimum_level(security_level weakest) { return minimum_ = weakest, *this; }
  /// Called from the executor of connect() and better(), and for `lost` from that of the session. What it
  /// throws ends the program: it must not throw.
  connector_options& on_event(std::function<void(const connector_event&)> hook) {
    return on_event_ = std::move(hook), *this;
  }

  clock::duration first_backoff() const { return first_; }
  clock::duration longest_backoff() const { return longest_; }
  clock::duration steady_after() const { return steady_after_; }
  std::optional<security_level> minimum_level() const { return minimum_; }
  const auto& on_event() const { return on_event_; }

 private:
  clock::duration first_ = std::chrono::milliseconds(200);
  clock::duration longest_ = std::chrono::seconds(30);
  clock::duration steady_after_ = std::chrono::seconds(30);
  std::optional<security_level> minimum_;
  std::function<void(const connector_event&)> on_event_;
};

/// Reaches one peer over the first of several transports that comes up, and tries until one does. Nothing
/// runs in the background: it works while connect() or better() is awaited. Calls may come from any thread
/// and overlap. It must be gone before the execution contexts that it was used on.
///
/// Tried again are failures of the network: condition::transport, condition::timed_out, errc::truncated, and
/// errc::busy, not before the time that the acceptor asked for. Every other error ends the call at once:
/// whoever refuses us, does not follow the protocol or is not who it should be is not a network that is
/// down.
///
/// A session whose connection has failed is resumed by the next connect(): what it ends with then says so,
/// session_info::start. One that was closed, or that still lives, is not: a new one begins beside it.
///
/// A plain transport is entered only after all others failed by the network in the same round. Without
/// minimum_level(security_level::none), or before a transport that is not plain, it is errc::invalid_option,
/// thrown by the constructor; so is an empty list.
class connector {
 public:
  connector(endpoint self, std::vector<route> ways, connect_options wanted = {},
            connector_options options = {});
  connector(connector&&) noexcept = default;
  connector& operator=(connector&&) noexcept = default;
  ~connector();

  /// A session over the first way that comes up; at level none it has been accepted. connect_options::within
  /// is for each attempt, `options` for all. May be called again after a loss.
  task<session> connect(operation_options options = {});
  task<result<session>> connect(as_result_t, operation_options options = {},
                                std::string* explanation = nullptr);

  /// While the last session uses a later way than the first: tries those before it, with backoff, until one
  /// comes up, and gives a session over it. The old one goes on: the application moves to the new one when
  /// it suits it, then closes the old. Suspends until `options` end it where there is no better way.
  task<session> better(operation_options options = {});
  task<result<session>> better(as_result_t, operation_options options = {},
                               std::string* explanation = nullptr);
  /// Whether the last session uses a later way than the first.
  bool degraded() const noexcept;

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace coseal
