#pragma once

#include <coseal/asio.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/identity.hpp>
#include <coseal/log.hpp>
#include <coseal/metrics.hpp>
#include <coseal/public_key.hpp>
#include <coseal/result.hpp>
#include <coseal/security_level.hpp>
#include <coseal/storage.hpp>
#include <coseal/trace.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace coseal {

/// What to do with a key that has no pin.
enum class pin_policy {
  accept_new,   ///< trust on first use (default)
  pinned_only,  ///< errc::not_pinned
  ask,          ///< call trust_options::on_new_pin
};

/// Whether a pinned coordinate may come back at a weaker level than the strongest one recorded (acceptor
/// only).
enum class level_ledger_policy {
  refuse,                  ///< errc::level_below_record for any weaker level (default)
  refuse_unauthenticated,  ///< only `none` is refused
  allow,
};

/// A first contact, as the ask hook sees it.
struct new_pin {
  new_pin() {}

  coordinate where;
  public_key key;
  security_level level = security_level::none;
};

/// How an endpoint decides whom it trusts.
struct trust_options {
  // No aggregate: as a default argument in a co_await expression g++ 12 would destroy it twice.
  trust_options() {}

  pin_policy policy = pin_policy::accept_new;
  level_ledger_policy ledger = level_ledger_policy::refuse;
  /// Asked under pin_policy::ask; true pins the key.
  std::function<task<bool>(new_pin)> on_new_pin;
  /// New pins beyond this are errc::busy: a store that grows with every stranger is a way to fill a disk.
  std::size_t max_pins = 100'000;
  /// New pins a minute from one source (an IPv4 address, an IPv6 /64); a person behind one NAT needs few.
  std::size_t max_new_pins_a_minute = 60;
};

/// Who this program is and whom it trusts: coordinate, identity, pins. One object for all its sessions,
/// shared by copying, usable from any thread. The identity is loaded (or made) at first use.
class endpoint {
 public:
  endpoint(coordinate who, std::shared_ptr<storage> store,
           identity_mode mode = identity_mode::create_if_missing, trust_options trust = {});

  /// Loads the identity now, to learn its key or to fail early. Errors: condition::storage,
  /// errc::identity_missing.
  task<result<public_key>> load();
  const coordinate& who() const noexcept;
  const std::shared_ptr<storage>& store() const noexcept;

  /// Who watches what is done under this endpoint: its numbers, what it tells, the spans of its calls. Nobody
  /// by default. For all copies; before the first session.
  endpoint& observe(metrics numbers);
  endpoint& observe(log lines);
  endpoint& observe(std::shared_ptr<tracer> spans);

  class state;  // lib/trust/endpoint_state.hpp
  const std::shared_ptr<state>& shared_state() const noexcept { return state_; }

 private:
  std::shared_ptr<state> state_;
};

}  // namespace coseal
