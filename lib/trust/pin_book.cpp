#include "trust/pin_book.hpp"

#include "trust/new_pin_rate.hpp"
#include "trust/pin_count.hpp"
#include "trust/pin_record.hpp"
#include "trust/pin_store.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>

namespace coseal {
namespace {

/// What a claim would make of the pin that is there.
struct judgement {
  pin_record next;
  bool changed = false;  ///< in something that decides about later contacts
  bool seen_another_day = false;
};

/// The key, against what is pinned: the same, a successor, or an error.
result<judgement> judge_key(const pin_record& known, const peer_claim& claim, std::chrono::sys_days today) {
  if (known.revoked) return errc::revoked;
  judgement found;
  found.next = known;
  if (known.key != claim.key) {
    const auto serial =
        follow_succession(claim.succession, known.key, known.succession_serial, claim.key, claim.where);
    if (!serial) return serial.error();
    found.next.key = claim.key;
    found.next.succession_serial = *serial;
    found.changed = true;
  }
  if (claim.level > known.strongest) {
    found.next.strongest = claim.level;
    found.changed = true;
  }
  if (today > known.last_seen) {
    found.next.last_seen = today;
    found.seen_another_day = true;
  }
  return found;
}

bool ledger_refuses(level_ledger_policy policy, security_level strongest, security_level level) noexcept {
  if (level >= strongest) return false;
  switch (policy) {
    case level_ledger_policy::refuse:
      return true;
    case level_ledger_policy::refuse_unauthenticated:
      return level == security_level::none;
    case level_ledger_policy::allow:
      return false;
  }
  return true;
}

}  // namespace

struct pin_book::state {
  state(std::shared_ptr<storage> s, trust_options o, trust_clock c)
      : store(std::move(s)),
        options(std::move(o)),
        clock(std::move(c)),
        count(options.max_pins),
        rate(options.max_new_pins_a_minute) {}

  const std::shared_ptr<storage> store;
  const trust_options options;
  const trust_clock clock;
  pin_count count;

  bool admit_source(const std::string& source) {
    if (source.empty()) return true;
    const auto now = clock.steady();
    const std::lock_guard lock(rate_mutex);
    return rate.admit(source, now);
  }
  std::chrono::sys_days today() const { return std::chrono::floor<std::chrono::days>(clock.system()); }

  task<result<void>> admit_newcomer(peer_claim claim);
  task<result<bool>> write_first(peer_claim claim);
  task<result<void>> write_change(peer_claim claim, bool first_contact);

 private:
  std::mutex rate_mutex;
  new_pin_rate rate;
};

pin_book::pin_book(std::shared_ptr<storage> store, trust_options options, trust_clock clock)
    : state_(std::make_shared<state>(std::move(store), std::move(options), std::move(clock))) {}

task<result<peer_pinned>> pin_book::check(peer_claim claim) {
  return check(state_, std::move(claim), newcomers::by_policy);
}

task<result<peer_pinned>> pin_book::check_known(peer_claim claim) {
  return check(state_, std::move(claim), newcomers::refused);
}

task<result<peer_pinned>> pin_book::check(std::shared_ptr<state> self, peer_claim claim, newcomers how) {
  if (claim.level == security_level::none) co_return errc::invalid_option;
  if (claim.pin_name.empty() || !claim.pin_name.matches(claim.where)) co_return errc::coordinate_refused;

  const auto pinned = co_await read_pin(self->store, pin_key(claim.role, claim.pin_name));
  if (!pinned) co_return pinned.error();
  peer_pinned evidence;
  if (pinned->has_value()) {
    const pin_record& known = (*pinned)->record;
    const auto judged = judge_key(known, claim, self->today());
    if (!judged) co_return judged.error();
    if (claim.role == peer_role::connector) {
      if (ledger_refuses(self->options.ledger, known.strongest, claim.level))
        co_return errc::level_below_record;
    } else {
      evidence.below_record_ = claim.level < known.strongest;
    }
    evidence.must_write_ = judged->changed || judged->seen_another_day;
  } else if (how == newcomers::refused) {
    co_return errc::not_pinned;
  } else {
    const auto admitted = co_await self->admit_newcomer(claim);
    if (!admitted) co_return admitted.error();
    evidence.first_contact_ = true;
    evidence.must_write_ = true;
  }
  evidence.claim_ = std::move(claim);
  co_return evidence;
}

task<result<void>> pin_book::state::admit_newcomer(peer_claim claim) {
  if (options.policy == pin_policy::pinned_only) co_return errc::not_pinned;
  if (options.policy == pin_policy::ask && !options.on_new_pin) co_return errc::not_pinned;

  if (const auto begun = count.begin_recount(clock.steady())) {
    const auto keys = co_await store->list(std::string(pin_prefix));
    if (!keys) co_return keys.error();
    count.counted(*begun, keys->size());
  }
  if (count.full() || !admit_source(claim.source)) co_return errc::busy;

  if (options.policy == pin_policy::ask) {
    new_pin question;
    question.where = claim.pin_name;
    question.key = claim.key;
    question.level = claim.level;
    auto answer = options.on_new_pin(std::move(question));
    const bool yes = co_await std::move(answer);
    if (!yes) co_return errc::not_pinned;
  }
  co_return result<void>();
}

task<result<void>> pin_book::commit(peer_pinned peer) {
  if (!peer.must_write_) co_return result<void>();
  const auto self = state_;
  if (peer.first_contact_) {
    const auto first = co_await self->write_first(peer.claim_);
    if (!first) co_return first.error();
    if (*first) co_return result<void>();
  }
  co_return co_await self->write_change(std::move(peer.claim_), peer.first_contact_);
}

task<result<bool>> pin_book::state::write_first(peer_claim claim) {
  pin_record record;
  record.key = claim.key;
  record.strongest = claim.level;
  record.first_seen = std::chrono::floor<std::chrono::seconds>(clock.system());
  record.last_seen = today();
  const auto put =
      co_await store->put_if_absent(pin_key(claim.role, claim.pin_name), write_pin_record(record));
  if (put && *put) count.added();
  co_return put;
}

// The level ledger was asked in check(); another session of the same peer may have raised it since, which is
// no reason to end this one.
task<result<void>> pin_book::state::write_change(peer_claim claim, bool first_contact) {
  const std::string name = pin_key(claim.role, claim.pin_name);
  bool there = true;
  for (int i = 0; i < pin_write_tries; ++i) {
    const auto pinned = co_await read_pin(store, name);
    if (!pinned) co_return pinned.error();
    there = pinned->has_value();
    if (!there) continue;
    const auto judged = judge_key((*pinned)->record, claim, today());
    if (!judged) co_return judged.error();
    if (!judged->changed && !judged->seen_another_day) co_return result<void>();

    const auto written =
        co_await store->compare_exchange(name, (*pinned)->version, write_pin_record(judged->next));
    // The day last seen is for people; a store that can not be written now does not end sessions for it.
    if (!judged->changed) co_return result<void>();
    if (!written) co_return written.error();
    if (*written) co_return result<void>();
  }
  co_return there || first_contact ? errc::storage_failed : errc::not_pinned;
}

task<result<void>> pin_book::check_unproved(coordinate where) {
  const auto self = state_;
  if (where.empty()) co_return errc::coordinate_refused;
  const auto pinned = co_await read_pin(self->store, pin_key(peer_role::connector, where));
  if (!pinned) co_return pinned.error();
  if (!pinned->has_value()) co_return result<void>();
  const pin_record& known = (*pinned)->record;
  if (known.revoked) co_return errc::revoked;
  if (ledger_refuses(self->options.ledger, known.strongest, security_level::none))
    co_return errc::level_below_record;
  co_return result<void>();
}

task<result<std::optional<pin>>> pin_book::find(peer_role role, coordinate name) {
  const auto self = state_;
  const auto pinned = co_await read_pin(self->store, pin_key(role, name));
  if (!pinned) co_return pinned.error();
  std::optional<pin> found;
  if (pinned->has_value()) found = to_pin(role, std::move(name), (*pinned)->record);
  co_return found;
}

}  // namespace coseal
