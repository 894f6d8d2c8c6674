#include "exchange/response_message.hpp"

#include "bytes/reader.hpp"
#include "bytes/record_header.hpp"
#include "record/content.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

constexpr std::size_t response_prefix_size = record_header::size + std::tuple_size_v<message_salt>;

}  // namespace

void response_content::write(writer& out) const {
  out.bytes(boot);
  out.u64(static_cast<std::uint64_t>(time.count()));
  out.vec16(accepted ? accepted->encode() : std::vector<std::byte>());
  if (const auto* answer = std::get_if<std::vector<std::byte>>(&outcome)) {
    out.u8(static_cast<std::uint8_t>(content_type::frame));
    out.bytes(*answer);
  } else {
    out.u8(static_cast<std::uint8_t>(content_type::refused));
    write_refusal(out, std::get<refusal>(outcome));
  }
}

result<response_content> response_content::parse(std::span<const std::byte> content) {
  reader in(content);
  response_content said;
  said.boot = in.array<16>();
  const std::uint64_t time = in.u64();
  const auto accept = in.vec16();
  const auto type = static_cast<content_type>(in.u8());
  if (in.failed() || time >> 48 != 0) return errc::malformed_message;
  said.time = std::chrono::milliseconds(static_cast<std::int64_t>(time));
  if (!accept.empty()) {
    auto accepted = accept_message::parse(accept);
    if (!accepted) return accepted.error();
    said.accepted = *std::move(accepted);
  }
  if (type == content_type::frame) {
    const auto answer = in.remaining();
    said.outcome = std::vector<std::byte>(answer.begin(), answer.end());
    return said;
  }
  if (type != content_type::refused) return errc::malformed_message;
  said.outcome = read_refusal(in);
  if (!in.complete()) return errc::malformed_message;
  return said;
}

result<std::vector<std::byte>> seal_response(const response_content& content, const message_salt& salt,
                                             security_level level, const secret32& r_ap,
                                             const digest& request) {
  const auto* answer = std::get_if<std::vector<std::byte>>(&content.outcome);
  record_header header;
  header.kind = record_kind::response;
  writer out;
  out.reserve((answer != nullptr ? answer->size() : 0) + 1024);
  out.bytes(header.bytes());
  out.bytes(salt);
  content.write(out);
  auto record = std::move(out).take();
  record.resize(record.size() + tag_size);
  header.length = static_cast<std::uint32_t>(record.size() - record_header::size);
  const std::span<std::byte> all(record);
  header.write(all.first<record_header::size>());
  const auto clear = all.subspan(response_prefix_size, all.size() - response_prefix_size - tag_size);
  const auto done = message_key::of_response(r_ap, request, salt)
                        .seal(level, all.first(response_prefix_size), clear, all.last<tag_size>());
  if (!done) return done.error();
  return record;
}

result<response_content> open_response(std::span<std::byte> record, security_level level,
                                       const secret32& r_ap, const digest& request) {
  if (record.size() < response_prefix_size + tag_size) return errc::malformed_record;
  const auto header = record_header::parse(record.first<record_header::size>());
  if (header.kind != record_kind::response) return errc::unexpected_record;
  if (header.zero != 0 || header.epoch != 0 || header.length != record.size() - record_header::size)
    return errc::malformed_record;
  reader in(record.subspan(record_header::size));
  const auto salt = in.array<std::tuple_size_v<message_salt>>();
  const auto content = record.subspan(response_prefix_size, record.size() - response_prefix_size - tag_size);
  const auto opened = message_key::of_response(r_ap, request, salt)
                          .open(level, record.first(response_prefix_size), content, record.last<tag_size>());
  if (!opened) return opened.error();
  return response_content::parse(content);
}

}  // namespace coseal
