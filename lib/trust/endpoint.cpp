#include "trust/endpoint_state.hpp"
#include "trust/identity_store.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>

#include <chrono>
#include <mutex>

namespace coseal {
namespace {

using namespace std::chrono_literals;

constexpr auto identity_lifetime = 10s;
constexpr auto between_rolls = 10s;
constexpr auto between_rereads = 1s;
constexpr int roll_tries = 8;

std::shared_ptr<const loaded_identity> to_loaded(const coordinate& who, identity_document document) {
  const std::string& instance = who.instance().empty() ? document.instance : who.instance();
  return std::make_shared<const loaded_identity>(loaded_identity{
      document.key(), coordinate(who.environment(), instance), std::move(document.succession),
      document.auth_epoch, std::move(document.request_ring), std::move(document.ticket_ring)});
}

std::uint64_t last_serial(const loaded_identity& identity) noexcept {
  return identity.succession.empty() ? 0 : identity.succession.back().serial;
}

}  // namespace

struct endpoint::state::cache {
  using loaded = std::shared_ptr<const loaded_identity>;

  /// True if the store showed an earlier state of the same identity, as a stale replica does.
  bool is_ahead_of(const loaded_identity& read, const std::string& its_instance) const noexcept {
    return its_instance == instance &&
           (read.auth_epoch < identity->auth_epoch || last_serial(read) < last_serial(*identity) ||
            read.request_ring.next().id < identity->request_ring.next().id ||
            read.ticket_ring.next().id < identity->ticket_ring.next().id);
  }

  std::mutex mutex;
  loaded identity;
  std::string instance;  ///< of the document; the endpoint may go by another
  std::uint64_t version = 0;
  std::chrono::steady_clock::time_point read_at;
  std::chrono::steady_clock::time_point asked_at;  ///< for a key that was not in the ring
  std::chrono::steady_clock::time_point rolled_at =
      std::chrono::steady_clock::time_point::min();  ///< or tried to

  bool roll_is_due(ring_kind kind, std::chrono::steady_clock::time_point now, unix_ms wall) {
    const std::lock_guard lock(mutex);
    const auto period = (kind == ring_kind::request ? request_schedule : ticket_schedule).period;
    if (identity == nullptr || wall < ring_of(*identity, kind).next().created + period) return false;
    if (rolled_at != std::chrono::steady_clock::time_point::min() && now - rolled_at < between_rolls)
      return false;
    rolled_at = now;
    return true;
  }
};

endpoint::state::state(coordinate who, std::shared_ptr<storage> store, identity_mode mode,
                       trust_options trust, trust_clock clock)
    : who_(std::move(who)),
      store_(std::move(store)),
      mode_(mode),
      trust_(std::move(trust)),
      clock_(std::move(clock)),
      pins_(store_, trust_, clock_),
      sessions_(store_, clock_),
      cache_(std::make_shared<cache>()) {
  if (who_.empty()) throw error(errc::invalid_coordinate, "an endpoint needs an environment");
  if (store_ == nullptr) throw error(errc::invalid_option, "an endpoint needs a storage");
}

task<result<std::shared_ptr<const loaded_identity>>> endpoint::state::identity() {
  const auto cached = cache_;
  const auto now = clock_.steady();
  {
    const std::lock_guard lock(cached->mutex);
    if (cached->identity != nullptr && now - cached->read_at < identity_lifetime) co_return cached->identity;
  }
  co_return co_await read_identity_again();
}

task<result<std::shared_ptr<const loaded_identity>>> endpoint::state::read_identity_again() {
  const auto cached = cache_;
  const auto now = clock_.steady();
  bool known = false;
  {
    const std::lock_guard lock(cached->mutex);
    known = cached->identity != nullptr;
  }

  // What was there and is gone was taken away by a person or by accident; a second identity helps with
  // neither.
  auto reading = known ? read_back_identity(store_) : load_identity(store_, mode_);
  auto stored = co_await std::move(reading);
  if (!stored) co_return stored.error();
  const std::uint64_t version = stored->version;
  const std::string instance = stored->document.instance;
  const auto fresh = to_loaded(who_, std::move(stored->document));

  const std::lock_guard lock(cached->mutex);
  if (cached->identity == nullptr || (cached->version != version && !cached->is_ahead_of(*fresh, instance))) {
    cached->identity = fresh;
    cached->instance = instance;
    cached->version = version;
  }
  cached->read_at = std::max(cached->read_at, now);
  co_return cached->identity;
}

task<result<std::shared_ptr<const loaded_identity>>> endpoint::state::identity_with_current_ring(
    ring_kind kind) {
  const auto wall = std::chrono::floor<std::chrono::milliseconds>(clock_.system());
  auto current = co_await identity();
  if (!current || !cache_->roll_is_due(kind, clock_.steady(), wall)) co_return current;
  co_await roll_rings_in_store();
  auto rolled = co_await read_identity_again();
  co_return rolled ? rolled : current;
}

task<void> endpoint::state::roll_rings_in_store() {
  for (int i = 0; i < roll_tries; ++i) {
    auto stored = co_await read_identity(store_);
    if (!stored || !stored->has_value()) co_return;
    // Whoever lost the race finds a ring whose time has not come.
    const auto now = std::chrono::floor<std::chrono::milliseconds>(clock_.system());
    if (!roll_rings((*stored)->document, now)) co_return;
    const auto written = co_await store_->compare_exchange(identity_key, (*stored)->version,
                                                           write_identity_document((*stored)->document));
    if (!written || *written) co_return;
  }
}

task<result<std::shared_ptr<const loaded_identity>>> endpoint::state::identity_with_ring_key(std::uint32_t id,
                                                                                             ring_kind kind) {
  const auto now = clock_.steady();
  auto current = co_await identity();
  if (!current || ring_of(**current, kind).find(id) != nullptr) co_return current;
  {
    const std::lock_guard lock(cache_->mutex);
    if (now - std::max(cache_->read_at, cache_->asked_at) < between_rereads) co_return current;
    cache_->asked_at = now;
  }
  auto again = co_await read_identity_again();
  co_return again ? again : current;
}

endpoint::endpoint(coordinate who, std::shared_ptr<storage> store, identity_mode mode, trust_options trust)
    : state_(std::make_shared<state>(std::move(who), std::move(store), mode, std::move(trust))) {}

task<result<public_key>> endpoint::load() {
  const auto self = state_;
  const auto identity = co_await self->identity();
  if (!identity) co_return identity.error();
  co_return (*identity)->key.public_part();
}

endpoint& endpoint::observe(metrics numbers) {
  return state_->watched().numbers = std::move(numbers), *this;
}
endpoint& endpoint::observe(log lines) {
  return state_->watched().lines = std::move(lines), *this;
}
endpoint& endpoint::observe(std::shared_ptr<tracer> spans) {
  return state_->watched().spans = std::move(spans), *this;
}

const coordinate& endpoint::who() const noexcept {
  return state_->who();
}
const std::shared_ptr<storage>& endpoint::store() const noexcept {
  return state_->store();
}

}  // namespace coseal
