#include "exchange/request_message.hpp"

#include "bytes/reader.hpp"
#include "bytes/record_header.hpp"
#include "bytes/writer.hpp"

#include <coseal/error.hpp>

#include <algorithm>

namespace coseal {
namespace {

constexpr std::uint8_t idempotent_bit = 0x01;
constexpr std::size_t content_prefix = 4;  // u32 within

std::size_t request_prefix_size(const request_prefix& prefix) noexcept {
  return record_header::size + 2 + prefix.token.size() + 16 + 32 + 8 + 1;
}

/// All that stands before the content | vec16 endpoint id.
std::vector<std::byte> associated(std::span<const std::byte> prefix, std::string_view endpoint_id) {
  writer out;
  out.reserve(prefix.size() + 2 + endpoint_id.size());
  out.bytes(prefix);
  out.vec16(std::as_bytes(std::span(endpoint_id)));
  return std::move(out).take();
}

std::uint64_t wire_time(std::chrono::milliseconds time) noexcept {
  return static_cast<std::uint64_t>(time.count());
}

}  // namespace

result<std::vector<std::byte>> seal_request(const request_prefix& prefix, std::chrono::milliseconds within,
                                            std::span<const std::byte> body, security_level level,
                                            const secret32& i_ap, std::string_view endpoint_id) {
  const std::size_t clear_size = request_prefix_size(prefix);
  const std::size_t size = clear_size + content_prefix + body.size() + tag_size;
  record_header header;
  header.length = static_cast<std::uint32_t>(size - record_header::size);
  header.kind = record_kind::request;
  writer out;
  out.reserve(size);
  out.bytes(header.bytes());
  out.vec16(prefix.token);
  out.bytes(prefix.boot);
  out.bytes(prefix.salt);
  out.u64(wire_time(prefix.time));
  out.u8(prefix.idempotent ? idempotent_bit : 0);
  out.u32(static_cast<std::uint32_t>(std::clamp<std::int64_t>(within.count(), 0, 0xffff'ffff)));
  out.bytes(body);
  auto record = std::move(out).take();
  record.resize(size);

  const std::span<std::byte> all(record);
  const auto sealed = all.subspan(clear_size, content_prefix + body.size());
  auto key = message_key::of_request(i_ap, prefix.salt, wire_time(prefix.time));
  const auto done = std::move(key).seal(level, associated(all.first(clear_size), endpoint_id), sealed,
                                        all.last<tag_size>());
  if (!done) return done.error();
  return record;
}

result<request_message> request_message::parse(std::vector<std::byte> record) {
  if (record.size() < record_header::size) return errc::malformed_record;
  const auto header = record_header::parse(std::span<const std::byte>(record).first<record_header::size>());
  if (header.kind != record_kind::request) return errc::unexpected_record;
  if (header.zero != 0 || header.epoch != 0 || header.length != record.size() - record_header::size)
    return errc::malformed_record;

  reader in(std::span<const std::byte>(record).subspan(record_header::size));
  request_message message;
  const auto token = in.vec16();
  message.prefix_.boot = in.array<16>();
  message.prefix_.salt = in.array<32>();
  const std::uint64_t time = in.u64();
  const std::uint8_t flags = in.u8();
  if (in.failed() || token.size() > longest_token || (flags & ~idempotent_bit) != 0 || time >> 48 != 0 ||
      in.left() < content_prefix + tag_size)
    return errc::malformed_message;
  message.prefix_.token.assign(token.begin(), token.end());
  message.prefix_.time = std::chrono::milliseconds(static_cast<std::int64_t>(time));
  message.prefix_.idempotent = (flags & idempotent_bit) != 0;
  message.sealed_at_ = record.size() - in.left();
  message.hash_ = sha256::of(record);
  message.record_ = std::move(record);
  return message;
}

result<request_content> request_message::open(security_level level, const secret32& i_ap,
                                              std::string_view endpoint_id) && {
  const std::span<std::byte> all(record_);
  const auto content = all.subspan(sealed_at_, all.size() - sealed_at_ - tag_size);
  auto key = message_key::of_request(i_ap, prefix_.salt, wire_time(prefix_.time));
  const auto opened = std::move(key).open(level, associated(all.first(sealed_at_), endpoint_id), content,
                                          all.last<tag_size>());
  if (!opened) return opened.error();

  reader in(content);
  request_content said;
  said.within = std::chrono::milliseconds(in.u32());
  // The body stays in the memory that it came in.
  record_.resize(record_.size() - tag_size);
  record_.erase(record_.begin(), record_.begin() + static_cast<std::ptrdiff_t>(sealed_at_ + content_prefix));
  said.body = std::move(record_);
  return said;
}

}  // namespace coseal
