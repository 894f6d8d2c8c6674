#include "session/outbound.hpp"

#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace coseal {
namespace {

constexpr std::size_t header_size = record_header::size;
constexpr std::size_t type_size = 1;
constexpr std::size_t head_room = 64;  // before a frame_buffer's bytes: header and type, aligned

/// How many bytes `0x80` padding adds to a content of n bytes.
std::size_t padding_for(std::size_t n, std::size_t multiple) noexcept {
  if (multiple == 0) return 0;
  const std::size_t with_length = n + 2;
  return (with_length + multiple - 1) / multiple * multiple - n;
}

}  // namespace

void outbound::protect(std::unique_ptr<sealer> protection, std::uint32_t peer_max_record,
                       std::uint32_t peer_max_frame) noexcept {
  sealer_ = std::move(protection);
  if (sealer_->gathers()) padding_ = 0;  // only encrypted contents are padded
  limit(peer_max_record, peer_max_frame);
}

void outbound::limit(std::uint32_t peer_max_record, std::uint32_t peer_max_frame) noexcept {
  max_content_ = peer_max_record - sealer_->overhead();
  if (padding_ != 0) max_content_ -= padding_ + 2;
  max_frame_ = peer_max_frame;
  small_limit_ = std::min(pack_limit, max_frame_);
}

void outbound::ensure_memory(std::size_t n) {
  if (!filling_.has_memory()) {
    const bool large = busy_ || n + control_reserve > small_memory;
    filling_.use(slab::acquire(large ? large_memory : small_memory));
  } else if (pack_start_ == nullptr && !fits(n) && (filling_.empty() || !filling_.is_large(large_memory))) {
    filling_.grow(slab::acquire(large_memory));
  }
}

result<void> outbound::rekey_if_due() {
  const auto now = time_->now();
  if (!sealer_->rekey_due(rekey_, now)) return {};
  const auto sealed = append_control(content_type::rekey, {});
  if (!sealed) return sealed.error();
  if (*sealed == appended::yes) sealer_->rekey(now);  // else the next record asks again
  return {};
}

result<outbound::appended> outbound::start_pack(std::size_t first_frame) {
  const std::size_t least = header_size + type_size + pack_prefix + first_frame + sealer_->overhead() +
                            padding_for(type_size + pack_prefix + first_frame, padding_);
  ensure_memory(least);
  if (const auto rekeyed = rekey_if_due(); !rekeyed) return rekeyed.error();
  if (full()) return appended::full;
  if (!fits(least)) return no_room_ = true, appended::full;
  const std::size_t room = std::min(
      {pack_record, filling_.room() - control_reserve, header_size + max_content_ + sealer_->overhead()});
  pack_start_ = filling_.at();
  pack_start_[header_size] = static_cast<std::byte>(content_type::pack);
  pack_at_ = pack_start_ + header_size + type_size;
  pack_end_ = pack_start_ + room - sealer_->overhead() - (padding_ != 0 ? padding_ + 2 : 0);
  return appended::yes;
}

result<void> outbound::seal_pack() {
  if (pack_start_ == nullptr) return {};
  const auto content = static_cast<std::size_t>(pack_at_ - pack_start_) - header_size;
  pack_start_ = pack_at_ = pack_end_ = nullptr;
  if (content == type_size) return {};
  return seal_own(content);
}

/// Seals the content that stands at the batch's end behind room for its header.
result<void> outbound::seal_own(std::size_t content_size) {
  std::byte* const start = filling_.at();
  if (const std::size_t padding = padding_for(content_size, padding_); padding != 0) {
    start[header_size] |= padded_bit;
    std::byte* end = start + header_size + content_size;
    std::memset(end, 0, padding - 2);
    end[padding - 2] = static_cast<std::byte>((padding - 2) >> 8);
    end[padding - 1] = static_cast<std::byte>((padding - 2) & 0xff);
    content_size += padding;
  }
  const std::size_t size = header_size + content_size + sealer_->overhead();
  if (const auto sealed = sealer_->seal({start, size}); !sealed) return sealed;
  filling_.append_own(size);
  ++records_;
  return {};
}

bool outbound::borrows(std::size_t size) const noexcept {
  return size > small_limit_ && sealer_->gathers() && type_size + size <= max_content_;
}

result<outbound::appended> outbound::append(std::span<const std::byte> frame, bytes_stay stay) {
  if (frame.size() > max_frame_) return errc::frame_too_large;
  if (full()) return appended::full;
  if (frame.size() <= small_limit_ && type_size + pack_prefix + frame.size() <= max_content_) {
    if (append_to_open_pack(frame)) return appended::yes;
    if (const auto sealed = seal_pack(); !sealed) return sealed.error();
    const auto started = start_pack(frame.size());
    if (!started || *started == appended::full) return started;
    const bool fitted = append_to_open_pack(frame);
    assert(fitted);
    return fitted ? appended::yes : appended::full;
  }
  if (const auto sealed = seal_pack(); !sealed) return sealed.error();
  if (type_size + frame.size() > max_content_) {
    // Fragments outlive the call whatever happens to its caller, so the frame is taken over.
    rest_owner_ = slab::acquire(frame.size());
    std::memcpy(rest_owner_->data(), frame.data(), frame.size());
    rest_at_ = rest_owner_->data();
    rest_left_ = rest_total_ = frame.size();
    ++frames_;
    if (const auto sent = append_fragments(); !sent) return sent.error();
    return appended::yes;
  }
  const auto may_stay = borrows(frame.size()) ? stay : bytes_stay::no;
  const auto done = append_record(content_type::frame, {}, frame, may_stay, nullptr);
  if (done && *done == appended::yes) ++frames_;
  return done;
}

frame_buffer outbound::make_frame(std::size_t n) {
  slab_ref owner = slab::acquire(head_room + n + tag_size);
  const std::span<std::byte> bytes(owner->data() + head_room, n);
  return frame_buffer(std::move(owner), bytes);
}

result<outbound::appended> outbound::append(frame_buffer& frame) {
  const std::size_t size = frame.bytes_.size();
  if (size <= small_limit_ || padding_ != 0) return append(frame.bytes_, bytes_stay::no);
  if (size > max_frame_) return errc::frame_too_large;
  if (full()) return appended::full;
  if (const auto sealed = seal_pack(); !sealed) return sealed.error();
  if (type_size + size > max_content_) {
    rest_owner_ = std::move(frame.owner_);
    rest_at_ = frame.bytes_.data();
    rest_left_ = rest_total_ = size;
    ++frames_;
    if (const auto sent = append_fragments(); !sent) return sent.error();
    return appended::yes;
  }
  ensure_memory(0);
  if (const auto rekeyed = rekey_if_due(); !rekeyed) return rekeyed.error();
  std::byte* const start = frame.bytes_.data() - type_size - header_size;
  start[header_size] = static_cast<std::byte>(content_type::frame);
  const std::span record(start, header_size + type_size + size + sealer_->overhead());
  if (const auto sealed = sealer_->seal(record); !sealed) return sealed.error();
  filling_.append_held(std::move(frame.owner_), record);
  frame.bytes_ = {};
  ++records_;
  ++frames_;
  return appended::yes;
}

result<outbound::appended> outbound::append_record(content_type type, std::span<const std::byte> prefix,
                                                   std::span<const std::byte> payload, bytes_stay stay,
                                                   const slab_ref* owner) {
  const std::size_t head = type_size + prefix.size();
  const bool gather = sealer_->gathers() && (stay == bytes_stay::until_written || owner != nullptr);
  const std::size_t own = header_size + head + sealer_->overhead() +
                          (gather ? 0 : payload.size() + padding_for(head + payload.size(), padding_));
  ensure_memory(own);
  if (const auto rekeyed = rekey_if_due(); !rekeyed) return rekeyed.error();
  if (!fits(own)) return no_room_ = true, appended::full;
  std::byte* const start = filling_.at();
  start[header_size] = static_cast<std::byte>(type);
  if (!prefix.empty()) std::memcpy(start + header_size + type_size, prefix.data(), prefix.size());
  if (gather) {
    const std::span before(start, header_size + head);
    const std::span tag(start + before.size(), sealer_->overhead());
    if (const auto sealed = sealer_->seal_gather(before, payload, tag); !sealed) return sealed.error();
    filling_.append_own(before.size());
    if (owner != nullptr)
      filling_.append_held(*owner, payload);
    else
      filling_.append_external(payload);
    if (!tag.empty()) filling_.append_own(tag.size());
    ++records_;
    return appended::yes;
  }
  if (padding_ != 0) {
    std::memcpy(start + header_size + head, payload.data(), payload.size());
    if (const auto sealed = seal_own(head + payload.size()); !sealed) return sealed.error();
    return appended::yes;
  }
  if (const auto sealed = sealer_->seal_copy({start, own}, head, payload); !sealed) return sealed.error();
  filling_.append_own(own);
  ++records_;
  return appended::yes;
}

result<void> outbound::append_fragments() {
  while (rest_left_ != 0 && filling_.bytes() < flush_at_ && filling_.pieces() <= max_pieces) {
    const bool first = rest_left_ == rest_total_;
    std::array<std::byte, 4> total;
    for (std::size_t i = 0; i < 4; ++i) total[i] = static_cast<std::byte>(rest_total_ >> (24 - 8 * i));
    const auto prefix = std::span<const std::byte>(total).first(first ? 4 : 0);
    const std::size_t n = std::min(rest_left_, max_content_ - type_size - prefix.size());
    const auto done = append_record(first ? content_type::first : content_type::next, prefix, {rest_at_, n},
                                    bytes_stay::until_written, &rest_owner_);
    if (!done) return done.error();
    if (*done == appended::full) return {};
    rest_at_ += n;
    rest_left_ -= n;
  }
  if (rest_left_ == 0) rest_owner_ = {};
  return {};
}

result<outbound::appended> outbound::append_control(content_type type, std::span<const std::byte> body) {
  if (const auto sealed = seal_pack(); !sealed) return sealed.error();
  const std::size_t content = type_size + body.size();
  ensure_memory(header_size + content + sealer_->overhead());
  if (header_size + content + sealer_->overhead() + padding_for(content, padding_) > filling_.room())
    return appended::full;
  std::byte* const start = filling_.at();
  start[header_size] = static_cast<std::byte>(type);
  if (!body.empty()) std::memcpy(start + header_size + type_size, body.data(), body.size());
  if (const auto sealed = seal_own(content); !sealed) return sealed.error();
  return appended::yes;
}

void outbound::append_raw(std::span<const std::byte> records) {
  ensure_memory(records.size());
  assert(records.size() <= filling_.room());
  std::memcpy(filling_.at(), records.data(), records.size());
  filling_.append_own(records.size());
}

result<std::uint64_t> outbound::seal_everything() {
  if (const auto sealed = seal_pack(); !sealed) return sealed.error();
  return swapped_total_ + filling_.bytes();
}

result<bool> outbound::begin_write() {
  if (const auto sealed = seal_pack(); !sealed) return sealed.error();
  if (rest_left_ != 0)
    if (const auto sent = append_fragments(); !sent) return sent.error();
  if (filling_.empty()) return false;
  std::swap(filling_, writing_);
  no_room_ = false;
  swapped_total_ += writing_.bytes();
  busy_ = writing_.bytes() > small_memory / 2;
  fit_memory(filling_);
  return true;
}

/// Gives memory of the wrong size back; what is appended next takes the right one.
void outbound::fit_memory(batch& empty) noexcept {
  if (empty.has_memory() && empty.is_large(large_memory) != busy_) empty.give_memory_back();
}

void outbound::end_write() noexcept {
  written_total_ += writing_.bytes();
  writing_.clear();
  fit_memory(writing_);
  // Nothing was queued meanwhile: the memory that is still in the cache is filled again.
  if (filling_.empty() && pack_start_ == nullptr) std::swap(filling_, writing_);
}

void outbound::rest() noexcept {
  if (has_unsent() || !writing_.empty()) return;
  filling_.clear();
  for (batch* each : {&filling_, &writing_}) {
    each->give_memory_back();
    if (!busy_) each->give_pieces_back();
  }
}

resting_outbound outbound::hibernate() noexcept {
  sealer_->drop_expanded_key();
  return {std::move(sealer_),
          written_total_,
          records_,
          frames_,
          static_cast<std::uint32_t>(max_content_),
          static_cast<std::uint32_t>(max_frame_)};
}

void outbound::wake(resting_outbound from) noexcept {
  sealer_ = std::move(from.protection);
  if (sealer_->gathers()) padding_ = 0;
  max_content_ = from.max_content;
  max_frame_ = from.max_frame;
  small_limit_ = std::min(pack_limit, max_frame_);
  swapped_total_ = written_total_ = from.written;
  records_ = from.records;
  frames_ = from.frames;
}

void outbound::adopt_borrowed() {
  filling_.adopt_borrowed();
  writing_.adopt_borrowed();
}

}  // namespace coseal
