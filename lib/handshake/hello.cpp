#include "handshake/hello.hpp"

#include "handshake/extensions.hpp"
#include "trust/succession.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <string_view>

namespace coseal {
namespace {

constexpr std::string_view magic = "coseal";
constexpr std::size_t max_offers = 8;
constexpr std::uint16_t claimed_identity_type = 0x8001;

bool has_magic(std::span<const std::byte> body) noexcept {
  const auto expected = std::as_bytes(std::span(magic));
  return body.size() >= expected.size() && std::ranges::equal(body.first(expected.size()), expected);
}

claimed_identity read_claimed(reader& in, errc& why) {
  claimed_identity claimed;
  claimed.where = read_coordinate(in);
  claimed.params = read_parameters(in, &why);
  return claimed;
}

void read_extensions(reader& in, hello& message, errc& why) {
  extension_reader list(in);
  while (const auto one = list.next()) {
    if (one->type == claimed_identity_type) {
      reader value(one->value);
      message.claimed = read_claimed(value, why);
      if (!value.complete()) in.fail();
    } else if (one->critical()) {
      why = errc::unknown_critical_extension;
      in.fail();
    }
  }
}

}  // namespace

std::vector<std::byte> hello::encode() const {
  writer out;
  out.reserve(256);
  out.text(magic);
  out.vec8(std::as_bytes(std::span(versions)));
  out.u8(static_cast<std::uint8_t>(suites.size()));
  for (const auto suite : suites) out.u16(suite);
  out.u8(static_cast<std::uint8_t>(level));
  out.bytes(share);
  out.bytes(random);
  write_channel_version(out, channel);
  write_coordinate(out, wanted);
  writer extensions;
  if (claimed) {
    writer value;
    write_coordinate(value, claimed->where);
    write_parameters(value, claimed->params);
    write_extension(extensions, claimed_identity_type, value.view());
  }
  out.vec16(extensions.view());
  return std::move(out).take();
}

result<hello> hello::parse(std::span<const std::byte> body) {
  if (!has_magic(body)) return errc::not_coseal;
  reader in(body.subspan(magic.size()));
  hello message;

  const auto versions = in.vec8();
  if (versions.empty() || versions.size() > max_offers) return errc::malformed_message;
  message.versions.clear();
  for (const std::byte v : versions) message.versions.push_back(std::to_integer<std::uint8_t>(v));
  if (std::ranges::find(message.versions, wire_version) == message.versions.end())
    return errc::version_unsupported;

  const std::size_t suites = in.u8();
  if (suites == 0 || suites > max_offers) return errc::malformed_message;
  message.suites.clear();
  for (std::size_t i = 0; i < suites; ++i) message.suites.push_back(in.u16());
  if (in.failed()) return errc::malformed_message;
  if (std::ranges::find(message.suites, wire_suite) == message.suites.end()) return errc::version_unsupported;

  const auto level = security_level_from(in.u8());
  if (in.failed()) return errc::malformed_message;
  if (!level) return errc::level_refused;
  message.level = *level;
  message.share = in.array<32>();
  message.random = in.array<32>();
  message.channel = read_channel_version(in);
  message.wanted = read_coordinate(in, true);
  errc why = errc::malformed_message;
  read_extensions(in, message, why);
  if (!in.complete()) return why;

  const bool at_none = message.level == security_level::none;
  if (message.claimed.has_value() != at_none) return errc::malformed_message;
  if (at_none && message.share != key_share{}) return errc::malformed_message;
  return message;
}

}  // namespace coseal
