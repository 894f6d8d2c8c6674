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

std::shared_ptr<const loaded_identity> to_loaded(const coordinate& who, identity_document document) {
  const std::string& instance = who.instance().empty() ? document.instance : who.instance();
  return std::make_shared<const loaded_identity>(
      loaded_identity{document.key(), coordinate(who.environment(), instance), std::move(document.succession),
                      document.auth_epoch});
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
           (read.auth_epoch < identity->auth_epoch || last_serial(read) < last_serial(*identity));
  }

  std::mutex mutex;
  loaded identity;
  std::string instance;  ///< of the document; the endpoint may go by another
  std::uint64_t version = 0;
  std::chrono::steady_clock::time_point read_at;
};

endpoint::state::state(coordinate who, std::shared_ptr<storage> store, identity_mode mode,
                       trust_options trust, trust_clock clock)
    : who_(std::move(who)),
      store_(std::move(store)),
      mode_(mode),
      trust_(std::move(trust)),
      clock_(std::move(clock)),
      pins_(store_, trust_, clock_),
      cache_(std::make_shared<cache>()) {
  if (who_.empty()) throw error(errc::invalid_coordinate, "an endpoint needs an environment");
  if (store_ == nullptr) throw error(errc::invalid_option, "an endpoint needs a storage");
}

task<result<std::shared_ptr<const loaded_identity>>> endpoint::state::identity() {
  const auto cached = cache_;
  const auto now = clock_.steady();
  bool known = false;
  {
    const std::lock_guard lock(cached->mutex);
    known = cached->identity != nullptr;
    if (known && now - cached->read_at < identity_lifetime) co_return cached->identity;
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

endpoint::endpoint(coordinate who, std::shared_ptr<storage> store, identity_mode mode, trust_options trust)
    : state_(std::make_shared<state>(std::move(who), std::move(store), mode, std::move(trust))) {}

task<result<public_key>> endpoint::load() {
  const auto self = state_;
  const auto identity = co_await self->identity();
  if (!identity) co_return identity.error();
  co_return (*identity)->key.public_part();
}

const coordinate& endpoint::who() const noexcept {
  return state_->who();
}
const std::shared_ptr<storage>& endpoint::store() const noexcept {
  return state_->store();
}

}  // namespace coseal
