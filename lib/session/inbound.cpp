#include "session/inbound.hpp"

#include "bytes/reader.hpp"
#include "record/pack.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace coseal {
namespace {

void count(std::atomic<std::uint64_t>& counter, std::uint64_t n) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);  // one writer
}

}  // namespace

result<raw_record> inbound::next_record() {
  const auto limit = [&](record_kind kind) -> std::optional<std::uint32_t> {
    switch (state_) {
      case state::first_record:
        if (kind == record_kind::hello || kind == record_kind::resume) return handshake_limit(kind);
        return std::nullopt;
      case state::handshake:
        if (kind != record_kind::traffic && handshake_limit(kind) != 0) return handshake_limit(kind);
        return std::nullopt;
      case state::awaiting_accept:
        if (kind == record_kind::refused) return handshake_limit(kind);
        [[fallthrough]];
      case state::awaiting_resumed:
      case state::established:
        if (kind == record_kind::traffic) return max_record_;
        return std::nullopt;
    }
    return std::nullopt;
  };
  for (;;) {
    const std::span<std::byte> unread =
        slab_ ? slab_->bytes().subspan(begin_, end_ - begin_) : std::span<std::byte>();
    const auto found = deframe(unread, limit);
    if (!found) return state_ == state::first_record ? make_error_code(errc::not_coseal) : found.error();
    if (found->record) {
      const bool keyed = found->record->header.kind == record_kind::traffic;  // the opener knows its epoch
      if (!keyed && found->record->header.epoch != 0)
        return state_ == state::first_record ? errc::not_coseal : errc::malformed_record;
      const std::size_t size = record_header::size + found->record->header.length;
      begin_ += size;
      large_records_ = size > small_memory;
      if (state_ == state::first_record) state_ = state::handshake;
      count(records_, 1);
      return *found->record;
    }
    if (const auto error = read_more(found->needed)) {
      if (error == asio::error::eof && state_ == state::first_record) return errc::not_coseal;
      if (error == asio::error::eof) return errc::truncated;
      return error;
    }
  }
}

void inbound::move_to(slab_ref memory) noexcept {
  if (end_ != begin_) std::memcpy(memory->data(), slab_->data() + begin_, end_ - begin_);
  slab_ = std::move(memory);
  end_ -= begin_;
  begin_ = 0;
}

/// Makes sure that a record of `needed` bytes from begin_ can be completed where it lies. Records above
/// worth_moving are never copied: reads stop early enough for them to fit.
void inbound::make_room(std::size_t needed) {
  const bool want_large = needed > small_memory || large_records_ || since_dry_ >= small_memory;
  if (!slab_) {
    slab_ = slab::acquire(want_large ? large_memory : small_memory);
    begin_ = end_ = 0;
    return;
  }
  const bool small = slab_->capacity() < large_memory;
  if (begin_ == end_ && slab_->unique()) begin_ = end_ = 0;
  if (small && want_large) return move_to(slab::acquire(large_memory));
  const bool in_second_half = end_ >= read_at_once;
  const bool cramped = begin_ + needed > slab_->capacity() ||
                       (small ? end_ == slab_->capacity() : in_second_half && end_ - begin_ <= worth_moving);
  if (!cramped) return;
  if (slab_->unique() && end_ - begin_ <= begin_) {
    std::memcpy(slab_->data(), slab_->data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  } else {
    move_to(slab::acquire(small ? small_memory : large_memory));
  }
}

std::error_code inbound::read_more(std::size_t needed) {
  make_room(needed);
  std::size_t stop = slab_->capacity();
  if (stop >= large_memory) stop = end_ < read_at_once ? read_at_once : begin_ + needed;
  if (end_ - begin_ >= needed) stop = slab_->capacity();
  stop = std::max(std::min(stop, slab_->capacity()), begin_ + needed);
  assert(stop > end_ && stop <= slab_->capacity());
  const std::span into = slab_->bytes().subspan(end_, stop - end_);
  std::error_code error;
  for (unsigned dry = 0;; ++dry) {
    const std::size_t n = carrier_->try_read_some(into, error);
    if (!error) {
      // A stream that came back within the spin earns more patience.
      if (dry != 0) patience_ = std::min(patience_ * 2, 64U);
      end_ += n;
      since_dry_ += n;
      count(bytes_, n);
      heard_now();
      return {};
    }
    const bool streaming = since_dry_ >= small_memory;
    if (error != asio::error::would_block || !streaming || dry >= patience_) break;
  }
  ended_ = error != asio::error::would_block;
  if (!ended_) {
    if (since_dry_ >= small_memory) patience_ = std::max(patience_ / 2, 4U);
    since_dry_ = 0;
  }
  return error;
}

void inbound::rest() noexcept {
  if (begin_ == end_) {
    slab_ = {};
    begin_ = end_ = 0;
  }
}

resting_inbound inbound::hibernate() noexcept {
  opener_->drop_expanded_key();
  return {std::move(opener_), records(), bytes(), frames(), last_heard()};
}

void inbound::wake(resting_inbound from) noexcept {
  opener_ = std::move(from.protection);
  state_ = state::established;
  epoch_.store(opener_->epoch(), std::memory_order_relaxed);
  records_.store(from.records, std::memory_order_relaxed);
  bytes_.store(from.bytes, std::memory_order_relaxed);
  frames_.store(from.frames, std::memory_order_relaxed);
  heard_.store(from.last_heard.time_since_epoch().count(), std::memory_order_relaxed);
}

result<raw_record> inbound::next_handshake_record() {
  return next_record();
}

result<frame_batch> inbound::next_frames() {
  if (has_frames()) {
    // Frames were taken one by one before: what is left of their record comes first.
    frame_batch left = rest_of_batch_.from(rest_at_);
    drop_frames();
    return left;
  }
  for (unsigned without_frames = 0; without_frames < most_without_frames; ++without_frames) {
    const auto record = next_record();
    // After CLOSE the carrier may end; anything wrong that still comes on it is as wrong as before.
    if (!record) return closed_ && ended_ ? make_error_code(errc::peer_closed) : record.error();
    if (record->header.kind == record_kind::refused) return sink_->on_refused(record->body, true);
    const auto content = opener_->open(record->header, record->body);
    if (!content) return content.error();
    auto taken = take(*content);
    if (!taken) return taken.error();
    if (*taken) return *std::move(*taken);
    if (closed_) return errc::peer_closed;
  }
  stopped_early_ = true;
  return asio::error::would_block;
}

std::error_code inbound::fill() {
  if (has_frames()) return {};
  auto batch = next_frames();
  if (!batch) return batch.error();
  rest_of_batch_ = *std::move(batch);
  rest_at_ = rest_of_batch_.begin();
  return {};
}

result<frame> inbound::next_frame() {
  if (const auto error = fill()) return error;
  frame out = rest_of_batch_.keep(rest_at_);
  if (++rest_at_ == std::default_sentinel) rest_of_batch_ = {};
  return out;
}

frame_batch inbound::batch_of(slab_ref owner, std::span<const std::byte> content, std::size_t frames,
                              bool packed) noexcept {
  count(frames_, frames);
  return frame_batch(std::move(owner), content, frames, packed);
}

result<std::optional<frame_batch>> inbound::take(std::span<std::byte> content) {
  const auto type = static_cast<content_type>(content[0]);
  const auto body = content.subspan(1);
  if (state_ == state::awaiting_accept && type != content_type::accept && type != content_type::refused)
    return errc::unexpected_record;
  if (state_ == state::awaiting_resumed && type != content_type::resumed) return errc::unexpected_record;
  if (closed_ && type != content_type::pong) return errc::unexpected_record;
  const bool assembling = static_cast<bool>(assembly_);
  switch (type) {
    case content_type::pack: {
      if (assembling) return errc::malformed_record;
      const auto frames = count_packed(body, max_frame_);
      if (!frames) return count_packed(body, body.size()) ? errc::frame_too_large : errc::malformed_record;
      return std::optional(batch_of(slab_, body, *frames, true));
    }
    case content_type::frame:
      if (assembling) return errc::malformed_record;
      if (body.size() > max_frame_) return errc::frame_too_large;
      return std::optional(batch_of(slab_, body, 1, false));
    case content_type::first:
      return begin_fragments(body);
    case content_type::next:
      return continue_fragments(body);
    case content_type::rekey: {
      if (!body.empty()) return errc::malformed_record;
      if (const auto done = opener_->rekey(time_->now()); !done) return done.error();
      epoch_.store(opener_->epoch(), std::memory_order_relaxed);
      return std::optional<frame_batch>();
    }
    default:
      return take_control(type, body);
  }
}

result<std::optional<frame_batch>> inbound::take_control(content_type type, std::span<const std::byte> body) {
  std::optional<frame_batch> nothing;
  switch (type) {
    case content_type::accept:
      if (state_ != state::awaiting_accept) return errc::unexpected_record;
      if (const auto accepted = sink_->on_accept(body); !accepted) return accepted.error();
      state_ = state::established;
      return nothing;
    case content_type::refused:
      if (state_ != state::awaiting_accept) return errc::unexpected_record;
      return sink_->on_refused(body, false);
    case content_type::resumed:
      if (state_ != state::awaiting_resumed) return errc::unexpected_record;
      if (!body.empty()) return errc::malformed_record;
      state_ = state::established;
      sink_->on_resumed();
      return nothing;
    case content_type::ping:
      if (body.size() != 8) return errc::malformed_record;
      sink_->on_ping(body.first<8>());
      return nothing;
    case content_type::pong:
      if (body.size() != 8) return errc::malformed_record;
      sink_->on_pong(body.first<8>());
      return nothing;
    case content_type::close: {
      if (assembly_) return errc::malformed_record;
      reader in(body);
      const auto code = static_cast<close_code>(in.u16());
      if (!in.complete() || code > close_code::failed) return errc::malformed_record;
      if (code == close_code::peer_error || code == close_code::failed) return errc::peer_failed;
      closed_ = true;
      return nothing;
    }
    default:
      return errc::malformed_record;
  }
}

result<std::optional<frame_batch>> inbound::begin_fragments(std::span<const std::byte> body) {
  reader in(body);
  const std::size_t total = in.u32();
  const auto bytes = in.remaining();
  if (in.failed() || assembly_ || bytes.empty() || bytes.size() >= total) return errc::malformed_record;
  if (total > max_frame_) return errc::frame_too_large;
  assembly_ = slab::acquire(std::min(total, 4 * bytes.size()));
  std::memcpy(assembly_->data(), bytes.data(), bytes.size());
  assembled_ = bytes.size();
  assembly_total_ = total;
  return std::optional<frame_batch>();
}

result<std::optional<frame_batch>> inbound::continue_fragments(std::span<const std::byte> bytes) {
  if (!assembly_ || bytes.empty() || bytes.size() > assembly_total_ - assembled_)
    return errc::malformed_record;
  if (assembled_ + bytes.size() > assembly_->capacity()) {
    // Memory follows what has come, never what was announced.
    slab_ref larger = slab::acquire(std::min(assembly_total_, 4 * (assembled_ + bytes.size())));
    std::memcpy(larger->data(), assembly_->data(), assembled_);
    assembly_ = std::move(larger);
  }
  std::memcpy(assembly_->data() + assembled_, bytes.data(), bytes.size());
  assembled_ += bytes.size();
  if (assembled_ < assembly_total_) return std::optional<frame_batch>();
  const std::span<const std::byte> whole(assembly_->data(), assembly_total_);
  slab_ref owner = std::exchange(assembly_, slab_ref());
  return std::optional(batch_of(std::move(owner), whole, 1, false));
}

bool inbound::discard() noexcept {
  if (!slab_ || !slab_->unique()) slab_ = slab::acquire(small_memory);
  // Not for ever at a time: whoever sends without end must not keep our thread.
  std::error_code error;
  for (int reads = 0; reads < 64 && !error; ++reads) carrier_->try_read_some(slab_->bytes(), error);
  return error && error != asio::error::would_block;
}

}  // namespace coseal
