#pragma once

#include <coseal/action.hpp>
#include <coseal/asio.hpp>
#include <coseal/call_arguments.hpp>
#include <coseal/call_error.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/payload.hpp>
#include <coseal/peer.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <typeindex>
#include <utility>
#include <variant>
#include <vector>

namespace coseal {

/// What happens to a push for a client that does not keep up, once push_options::queue of them wait for it.
/// For one that has lost its connection lost_options decides.
enum class push_policy {
  wait,         ///< whoever pushes waits
  drop_oldest,  ///< the oldest that waits is dropped
  drop_newest,  ///< the new one is dropped
  close,        ///< the client is disconnected
};

/// How pushes leave.
struct push_options {
  push_options() {}

  push_policy policy = push_policy::wait;
  /// Messages that may wait for one client beside the 256 KiB that it takes ahead.
  std::size_t queue = 256;
};

/// What became of the pushes to one client, or to all that ever were:
/// pushed == sent + dropped + lost + waiting.
struct push_counters {
  push_counters() {}

  std::uint64_t pushed = 0;
  std::uint64_t sent = 0;     ///< handed to the session
  std::uint64_t dropped = 0;  ///< by the policy
  std::uint64_t lost = 0;     ///< waited when the client went
  std::uint64_t waiting = 0;
};

/// What one push or broadcast did.
struct push_report {
  push_report() {}

  std::size_t clients = 0;  ///< it was meant for
  std::size_t dropped = 0;  ///< messages that the policy dropped for it, older ones included
  std::size_t closed = 0;   ///< clients disconnected by the policy
  /// serve_options::relay took it for the clients of the other processes; what became of it there is not
  /// known here.
  bool published = false;
};

/// Every client.
struct all_clients {};

/// Whom a push is for: all, one connection, or whoever proved to have this coordinate (without an instance:
/// each of the environment) or key, on each of their connections. Names that are only claimed, at level none,
/// are nobody's.
using push_target = std::variant<all_clients, client_id, coordinate, public_key>;

/// What a relay did since the start.
struct relay_counters {
  relay_counters() {}

  std::uint64_t published = 0;    ///< handed to the bus
  std::uint64_t unpublished = 0;  ///< the bus or the identity was not to be had, or it was too large
  std::uint64_t received = 0;     ///< from other processes, and pushed to those here that it was for
  std::uint64_t refused = 0;      ///< not sealed by a process of this identity, old, repeated, of another
                                  ///< channel, or more than could be taken
};

class server_core;

/// The connected clients of a server, to push to: a handle, copied freely, usable from any thread. It keeps
/// no server alive; without one it is empty.
class audience {
 public:
  audience() noexcept = default;
  explicit audience(std::weak_ptr<server_core> of) noexcept : server_(std::move(of)) {}

  std::vector<client_id> clients() const;
  std::size_t size() const;
  /// Of one client; none if it is not connected.
  std::optional<push_counters> counters(client_id of) const;
  /// Of all clients since the start, those that have gone included.
  push_counters counters() const;
  /// Of serve_options::relay; zero without one.
  relay_counters relayed() const;
  /// Ends the connection of a client, and drops what is kept for it; false if there is none.
  bool disconnect(client_id who) const;

  /// `co_await audience.push_to<note>(client, "text")`: to one client, by its id, coordinate or key; with a
  /// relay the latter two find it at any process. Returns when the message is queued or dropped, and
  /// published, not when it has arrived. Throws coseal::error: call_errc::no_such_client if it is not here
  /// and there is no relay to ask, not_in_channel; errc::needs_duplex, nothing sent, to who calls over HTTP;
  /// with push_policy::wait also timed_out and cancelled.
  template <action A, typename... Arguments>
  task<push_report> push_to(push_target to, Arguments&&... arguments) const {
    return detail::with_action<A, operation_options>(
        [this, to = std::move(to)](A made, operation_options options) {
          return push_owned<A>(*this, to, std::move(made), std::move(options));
        },
        std::forward<Arguments>(arguments)...);
  }
  /// The same to every client, of all processes with a relay; encoded once.
  template <action A, typename... Arguments>
  task<push_report> broadcast(Arguments&&... arguments) const {
    return detail::with_action<A, operation_options>(
        [this](A made, operation_options options) {
          return push_owned<A>(*this, all_clients(), std::move(made), std::move(options));
        },
        std::forward<Arguments>(arguments)...);
  }
  /// An action that has a name and lives until the end.
  template <action A>
  task<push_report> push_to(push_target to, const A& named, operation_options options = {}) const {
    return push_named<A>(*this, std::move(to), named, std::move(options));
  }
  template <action A>
  task<push_report> broadcast(const A& named, operation_options options = {}) const {
    return push_named<A>(*this, all_clients(), named, std::move(options));
  }

  template <typename A>
  requires(detail::is_temporary_action<A>) auto push_to(push_target to, A&& temporary,
                                                        operation_options options = {}) const {
    static_assert(!detail::destroyed_twice<A&&>, COSEAL_NAME_IT);
    return push_owned<std::remove_cvref_t<A>>(*this, std::move(to), std::forward<A>(temporary),
                                              std::move(options));
  }
  template <typename A>
  requires(detail::is_temporary_action<A>) auto broadcast(A&& temporary,
                                                          operation_options options = {}) const {
    static_assert(!detail::destroyed_twice<A&&>, COSEAL_NAME_IT);
    return push_owned<std::remove_cvref_t<A>>(*this, all_clients(), std::forward<A>(temporary),
                                              std::move(options));
  }

  /// Bytes of an encoded action, by its position in `to_connector`. call_errc::no_such_client; with
  /// push_policy::wait also timed_out and cancelled.
  task<result<push_report>> push_bytes(push_target to, std::uint64_t position, payload message,
                                       operation_options options = {}) const;
  task<result<push_report>> broadcast_bytes(std::uint64_t position, payload message,
                                            operation_options options = {}) const {
    return push_bytes(all_clients(), position, message, std::move(options));
  }

 private:
  std::optional<std::uint64_t> position_of(std::type_index action) const;

  template <action A>
  static task<push_report> push_named(audience self, push_target to, const A& named,
                                      operation_options options) {
    const auto position = self.position_of(typeid(A));
    if (!position) throw error(call_errc::not_in_channel, std::string(action_name<A>()));
    auto work = self.push_bytes(std::move(to), *position, encoded(named), std::move(options));
    auto report = co_await std::move(work);
    if (!report) throw error(report.error(), std::string(action_name<A>()));
    co_return *std::move(report);
  }
  template <action A>
  static task<push_report> push_owned(audience self, push_target to, A made, operation_options options) {
    co_return co_await push_named<A>(std::move(self), std::move(to), made, std::move(options));
  }

  std::weak_ptr<server_core> server_;
};

}  // namespace coseal
