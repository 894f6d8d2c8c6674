#pragma once

#include "bytes/record_header.hpp"
#include "bytes/slab.hpp"
#include "record/content.hpp"
#include "record/deframer.hpp"
#include "record/opener.hpp"

#include <coseal/carrier.hpp>
#include <coseal/clock.hpp>
#include <coseal/frame.hpp>
#include <coseal/result.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <variant>

namespace coseal {

/// What the receiving half tells its session about contents that are not frames.
class control_sink {
 public:
  virtual result<void> on_accept(std::span<const std::byte> body) = 0;
  virtual void on_resumed() = 0;
  virtual std::error_code on_refused(std::span<const std::byte> body, bool clear) = 0;
  virtual void on_ping(std::span<const std::byte, 8> opaque) = 0;
  virtual void on_pong(std::span<const std::byte, 8> opaque) = 0;

 protected:
  ~control_sink() = default;
};

/// What is left of a receiving half that hibernates.
struct resting_inbound {
  std::unique_ptr<opener> protection;
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
  std::uint64_t frames = 0;
  clock::time_point last_heard;
};

/// The receiving half: reads the carrier into slabs, finds records, opens them in place, hands out views.
/// Used by one thread at a time, whoever owns reading; no waiting inside.
class inbound {
 public:
  /// Which record kinds are legal now; docs/protocol.md section 2.
  enum class state { first_record, handshake, awaiting_accept, awaiting_resumed, established };

  inbound(duplex_carrier& carrier, clock& time, control_sink& sink, std::uint32_t max_record,
          std::uint32_t max_frame)
      : carrier_(&carrier), time_(&time), sink_(&sink), max_record_(max_record), max_frame_(max_frame) {}

  void expect(state now) noexcept { state_ = now; }
  void protect(std::unique_ptr<opener> protection, state now) noexcept {
    opener_ = std::move(protection);
    state_ = now;
  }

  /// Nothing more now: asio::error::would_block.
  /// The next record of a handshake, whole. Valid until the next call.
  result<raw_record> next_handshake_record();
  /// The frames of the next record that holds any; control contents on the way go to the sink.
  /// errc::peer_closed once the peer's CLOSE was read.
  result<frame_batch> next_frames();
  /// One frame out of what next_frames would give.
  result<frame> next_frame();

  /// Makes sure that frames are there to be taken, without taking them; else the reason why not.
  std::error_code fill();
  bool has_frames() const noexcept { return rest_at_ != std::default_sentinel; }
  void drop_frames() noexcept {
    rest_of_batch_ = {};
    rest_at_ = {};
  }
  /// The carrier will give nothing more.
  bool ended() const noexcept { return ended_; }
  /// True, once, if the last would_block was for the sake of others: there is more to be read at once.
  bool stopped_early() noexcept { return std::exchange(stopped_early_, false); }

  /// Reads and drops; for the end of a connection whose last words must arrive. True once the peer is gone.
  bool discard() noexcept;
  /// Gives memory back while nothing is being received.
  void rest() noexcept;

  /// True if nothing is read that was not taken, and more may come.
  bool may_rest() const noexcept {
    return state_ == state::established && !has_frames() && !has_unread() && !assembly_ && !closed_ &&
           !ended_ && !stopped_early_;
  }
  /// Only what can not be made anew.
  resting_inbound hibernate() noexcept;
  /// Goes on where another one of the same session began to hibernate.
  void wake(resting_inbound from) noexcept;

  void drop_expanded_key() noexcept {
    if (opener_) opener_->drop_expanded_key();
  }
  /// True if bytes are read that have not been looked at.
  bool has_unread() const noexcept { return begin_ != end_; }

  bool closed_by_peer() const noexcept { return closed_; }
  std::uint64_t epoch() const noexcept { return epoch_.load(std::memory_order_relaxed); }
  std::uint64_t records() const noexcept { return records_.load(std::memory_order_relaxed); }
  std::uint64_t bytes() const noexcept { return bytes_.load(std::memory_order_relaxed); }
  std::uint64_t frames() const noexcept { return frames_.load(std::memory_order_relaxed); }
  /// When the carrier last gave anything.
  clock::time_point last_heard() const noexcept {
    return clock::time_point(clock::duration(heard_.load(std::memory_order_relaxed)));
  }
  void heard_now() noexcept {
    heard_.store(time_->now().time_since_epoch().count(), std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t small_memory = 16 * 1024 - sizeof(slab);
  static constexpr std::size_t large_memory = 512 * 1024 - sizeof(slab);
  static constexpr std::size_t read_at_once = 256 * 1024;
  static constexpr std::size_t worth_moving = 4 * 1024;
  /// A peer that sends PINGs or fragments without end must not keep the thread.
  static constexpr unsigned most_without_frames = 256;

  result<raw_record> next_record();
  std::error_code read_more(std::size_t needed);
  void make_room(std::size_t needed);
  void move_to(slab_ref memory) noexcept;
  result<std::optional<frame_batch>> take(std::span<std::byte> content);
  result<std::optional<frame_batch>> take_control(content_type type, std::span<const std::byte> body);
  result<std::optional<frame_batch>> begin_fragments(std::span<const std::byte> body);
  result<std::optional<frame_batch>> continue_fragments(std::span<const std::byte> body);
  frame_batch batch_of(slab_ref owner, std::span<const std::byte> content, std::size_t count,
                       bool packed) noexcept;

  duplex_carrier* carrier_;
  clock* time_;
  control_sink* sink_;
  std::uint32_t max_record_;
  std::uint32_t max_frame_;
  state state_ = state::handshake;
  std::unique_ptr<opener> opener_;

  slab_ref slab_;
  std::size_t begin_ = 0;  // what is read and not yet taken
  std::size_t end_ = 0;
  bool large_records_ = false;  // the last one was: the next is likely to need room without being moved
  std::size_t since_dry_ = 0;   // bytes since the carrier last ran dry: how busy this is
  unsigned patience_ = 16;      // dry reads to try again before waiting, while a stream is running

  slab_ref assembly_;  // of a fragmented frame
  std::size_t assembled_ = 0;
  std::size_t assembly_total_ = 0;

  frame_batch rest_of_batch_;  // what next_frame has not handed out yet
  frame_batch::iterator rest_at_;
  bool closed_ = false;
  bool ended_ = false;
  bool stopped_early_ = false;

  std::atomic<std::uint64_t> epoch_{0}, records_{0}, bytes_{0}, frames_{0};
  std::atomic<clock::duration::rep> heard_{0};
};

}  // namespace coseal
