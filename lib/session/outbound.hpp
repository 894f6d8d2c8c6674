#pragma once

#include "record/content.hpp"
#include "record/pack.hpp"
#include "record/sealer.hpp"
#include "session/batch.hpp"

#include <coseal/clock.hpp>
#include <coseal/frame.hpp>
#include <coseal/result.hpp>
#include <coseal/session_options.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace coseal {

/// What is left of a sending half that hibernates.
struct resting_outbound {
  std::unique_ptr<sealer> protection;
  std::uint64_t written = 0;  ///< bytes
  std::uint64_t records = 0;
  std::uint64_t frames = 0;
  std::uint32_t max_content = 0;
  std::uint32_t max_frame = 0;
};

/// The sending half, without I/O: frames become records in a batch, sealed in the order in which they were
/// appended, while another batch is being written. Frames below pack_limit share a PACK; larger ones are
/// records of their own; above the peer's record limit they travel as FIRST and NEXT. Guarded by the
/// session's mutex, except that the one who flushes uses `writing()` without it.
class outbound {
 public:
  /// Whether the caller's bytes may be used where they are until they are written.
  enum class bytes_stay { no, until_written };
  enum class appended { yes, full };

  static constexpr std::size_t pack_limit = 8 * 1024;

  outbound(const session_limits& limits, clock& time) noexcept
      : time_(&time), padding_(limits.padding), rekey_(limits.rekey), flush_at_(limits.send_queue / 2) {}

  /// From here on contents are sealed; before, only append_raw works.
  void protect(std::unique_ptr<sealer> protection, std::uint32_t peer_max_record,
               std::uint32_t peer_max_frame) noexcept;
  /// What the peer accepts, where that was not known before.
  void limit(std::uint32_t peer_max_record, std::uint32_t peer_max_frame) noexcept;

  /// The hot path: a small frame into the open PACK; false if there is none with room for it.
  bool append_to_open_pack(std::span<const std::byte> frame) noexcept {
    if (frame.size() + pack_prefix > static_cast<std::size_t>(pack_end_ - pack_at_) ||
        frame.size() > small_limit_)
      return false;
    pack_at_ = append_packed(pack_at_, frame);
    ++frames_;
    return true;
  }
  /// The same for as many of `frames` as fit, in order; says how many.
  std::size_t append_to_open_pack(std::span<const std::span<const std::byte>> frames) noexcept {
    // Copies of our own: a store through std::byte* could change the members, for all that the compiler
    // knows.
    std::byte* at = pack_at_;
    std::byte* const end = pack_end_;
    const std::size_t largest = small_limit_;
    std::size_t n = 0;
    for (; n < frames.size(); ++n) {
      const auto frame = frames[n];
      if (frame.size() + pack_prefix > static_cast<std::size_t>(end - at) || frame.size() > largest) break;
      at = append_packed(at, frame);
    }
    pack_at_ = at;
    frames_ += n;
    return n;
  }
  /// errc::frame_too_large, record_limit. With `until_written` the bytes may be borrowed: see borrows().
  result<appended> append(std::span<const std::byte> frame, bytes_stay stay);
  result<appended> append(frame_buffer& frame);
  /// True if a frame of this size is borrowed by append(.., until_written), rather than copied.
  bool borrows(std::size_t size) const noexcept;
  /// A record that is not a frame. `full` only when the reserve for such records is used up.
  result<appended> append_control(content_type type, std::span<const std::byte> body);
  /// Whole clear records, of the handshake.
  void append_raw(std::span<const std::byte> records);
  static frame_buffer make_frame(std::size_t n);

  bool full() const noexcept {
    return no_room_ || rest_left_ != 0 || filling_.bytes() >= flush_at_ || filling_.pieces() > max_pieces;
  }
  bool has_unsent() const noexcept { return pack_start_ != nullptr || !filling_.empty() || rest_left_ != 0; }
  bool in_fragments() const noexcept { return rest_left_ != 0; }
  /// Where the stream of bytes stands once everything appended is sealed; what written_total() must reach.
  result<std::uint64_t> seal_everything();

  /// Seals what is open and makes it the batch to write; false if there is nothing. Not while a batch is
  /// being written.
  result<bool> begin_write();
  batch& writing() noexcept { return writing_; }
  /// The written batch has left.
  void end_write() noexcept;
  /// Gives the memory back to the pool; nothing may be unsent.
  void rest() noexcept;
  void drop_expanded_key() noexcept {
    if (sealer_) sealer_->drop_expanded_key();
  }
  /// True if nothing is unsent.
  bool may_rest() const noexcept { return sealer_ && !has_unsent() && writing_.empty(); }
  /// Only what can not be made anew; nothing may be unsent.
  resting_outbound hibernate() noexcept;
  /// Goes on where another one of the same session began to hibernate.
  void wake(resting_outbound from) noexcept;
  /// Copies whatever is borrowed from callers, so that they may go before it is written.
  void adopt_borrowed();

  std::uint64_t written_total() const noexcept { return written_total_; }
  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t frames() const noexcept { return frames_; }
  std::uint64_t epoch() const noexcept { return sealer_ ? sealer_->epoch() : 0; }

 private:
  static constexpr std::size_t small_memory = 16 * 1024 - sizeof(slab);
  static constexpr std::size_t large_memory = 512 * 1024 - sizeof(slab);
  static constexpr std::size_t control_reserve = 1024;
  static constexpr std::size_t pack_record = 65'520;  // a WebSocket header for it is always 8 bytes
  static constexpr std::size_t max_pieces = 900;      // a carrier takes 1,000

  void ensure_memory(std::size_t n);
  void fit_memory(batch& empty) noexcept;
  bool fits(std::size_t n) const noexcept { return n + control_reserve <= filling_.room(); }
  result<void> rekey_if_due();
  result<appended> start_pack(std::size_t first_frame);
  result<void> seal_pack();
  result<void> seal_own(std::size_t content_size);
  result<appended> append_record(content_type type, std::span<const std::byte> prefix,
                                 std::span<const std::byte> payload, bytes_stay stay, const slab_ref* owner);
  result<void> append_fragments();

  clock* time_;
  std::size_t padding_;
  rekey_limits rekey_;
  std::size_t flush_at_;
  std::unique_ptr<sealer> sealer_;
  std::size_t max_content_ = 0;
  std::size_t max_frame_ = 0;
  std::size_t small_limit_ = 0;

  batch filling_, writing_;
  bool busy_ = false;     // the last batch was worth large memory
  bool no_room_ = false;  // the next record waits for the other batch
  std::byte* pack_start_ = nullptr;
  std::byte* pack_at_ = nullptr;
  std::byte* pack_end_ = nullptr;

  slab_ref rest_owner_;  // a frame that is being fragmented, and what is left of it
  const std::byte* rest_at_ = nullptr;
  std::size_t rest_left_ = 0;
  std::size_t rest_total_ = 0;

  std::uint64_t swapped_total_ = 0;
  std::uint64_t written_total_ = 0;
  std::uint64_t records_ = 0;
  std::uint64_t frames_ = 0;
};

}  // namespace coseal
