#pragma once
// One connection of a client: the session, the ids of calls on it, the pushes that wait for their handlers.
// Where the acceptor keeps its half it outlives its session and goes on over the next.

#include "channel/call_message.hpp"
#include "channel/continuation.hpp"
#include "channel/item_flow.hpp"
#include "channel/pending_call.hpp"

#include <coseal/peer.hpp>
#include <coseal/session.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

namespace coseal {

class client_connection {
 public:
  explicit client_connection(session made) : over(std::make_shared<session>(std::move(made))) {}

  bool usable() const noexcept { return speaks() && !draining; }
  /// It has a session, and where that goes on from another the peer has said what it knows.
  bool speaks() const noexcept { return !lost && !away && !asked_window; }
  bool has_free_id() const noexcept { return !free_.empty() || places_.size() < most_calls; }
  std::uint64_t take_id(pending_call& call) {
    if (free_.empty()) {
      free_.push_back(places_.size());
      places_.push_back({nullptr, free_.back(), false});
    }
    place& first = places_[free_.back()];
    free_.pop_back();
    first.call = &call;
    first.in_use = true;
    return first.id;
  }
  void free_id(std::uint64_t id) {
    place& was = places_[place_of(id)];
    was = {nullptr, id + most_calls, false};
    free_.push_back(place_of(id));
  }
  /// Nothing is outstanding at the peer any more.
  void free_all() {
    for (const auto& each : places_)
      if (each.in_use) free_id(each.id);
  }
  /// The caller has gone; the id stays in use until the peer has ended the call.
  void abandon(std::uint64_t id) noexcept { places_[place_of(id)].call = nullptr; }
  bool in_use(std::uint64_t id) const noexcept {
    const auto at = place_of(id);
    return at < places_.size() && places_[at].in_use && places_[at].id == id;
  }
  /// It was in use before.
  bool is_past(std::uint64_t id) const noexcept {
    const auto at = place_of(id);
    return at < places_.size() && id < places_[at].id;
  }
  /// Null if its caller has gone.
  pending_call* call(std::uint64_t id) const noexcept { return places_[place_of(id)].call; }
  template <typename Visit>
  void each_call(Visit visit) {
    for (const auto& each : places_)
      if (each.call != nullptr) visit(*each.call);
  }
  /// Ids whose callers have gone before the peer has ended the call.
  template <typename Visit>
  void each_abandoned(Visit visit) {
    for (const auto& each : places_)
      if (each.in_use && each.call == nullptr) visit(each.id);
  }
  /// Of the call that asks to go on: the first place is kept for it, so that there always is one.
  std::uint64_t take_continue_id() {
    if (places_.empty()) places_.push_back({nullptr, 0, false});
    return std::exchange(places_.front().id, places_.front().id + most_calls);
  }

  std::shared_ptr<session> over;
  std::shared_ptr<coseal::peer> with;
  bool lost = false;
  bool draining = false;  ///< the peer takes no more calls here

  std::optional<window_id> window;  ///< the peer keeps calls and pushes under this name
  bool away = false;                ///< no session now; its calls wait for the next
  call_end lost_how;                ///< how they end where it does not come, or knows nothing of them
  std::optional<std::uint64_t> continue_id;  ///< until `coseal/continue` is answered
  std::optional<window_id> asked_window;     ///< until then, that it shall go on with
  std::uint64_t pushes_taken = 0;            ///< since the window began
  std::uint64_t taken_unsaid = 0;            ///< pushes since the peer was told, and their bytes
  std::uint64_t bytes_unsaid = 0;
  bool other_pushes = false;  ///< those of another window have begun to come

  std::deque<std::uint64_t> push_positions;  ///< in step with `pushes`
  item_queue pushes;
  wait_list push_reader;

 private:
  struct place {
    pending_call* call = nullptr;
    std::uint64_t id = 0;  // in use, or the next
    bool in_use = false;
  };
  std::vector<place> places_;
  std::vector<std::size_t> free_;
};

}  // namespace coseal
