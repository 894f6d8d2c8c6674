#include "handshake/channel_version.hpp"

#include <algorithm>
#include <array>
#include <cassert>
#include <optional>

namespace coseal {
namespace {

constexpr std::size_t short_hash = 8;

digest start() noexcept {
  return sha256::of(std::as_bytes(std::span(std::string_view("coseal/1 channel"))));
}

digest next(const digest& before, const std::string& text) noexcept {
  const auto n = static_cast<std::uint32_t>(text.size());
  const std::array<std::byte, 4> size{static_cast<std::byte>(n >> 24), static_cast<std::byte>(n >> 16),
                                      static_cast<std::byte>(n >> 8), static_cast<std::byte>(n)};
  return sha256().update(before).update(size).update(std::as_bytes(std::span(text))).value();
}

digest hash_of_first(const std::vector<std::string>& texts, std::size_t count) noexcept {
  digest h = start();
  for (std::size_t i = 0; i < count; ++i) h = next(h, texts[i]);
  return h;
}

channel_version::direction version_of(const std::vector<std::string>& texts) noexcept {
  assert(texts.size() <= 0xffff);
  return {static_cast<std::uint16_t>(texts.size()), hash_of_first(texts, texts.size())};
}

bool agrees(const std::vector<std::string>& own, const channel_version::direction& peer) noexcept {
  return own.size() < peer.count || hash_of_first(own, peer.count) == peer.hash;
}

void write_prefixes(writer& out, const std::vector<std::string>& texts, std::size_t count) {
  out.u16(static_cast<std::uint16_t>(count));
  digest h = start();
  for (std::size_t i = 0; i < count; ++i) {
    h = next(h, texts[i]);
    out.bytes(std::span(h).first(short_hash));
  }
}

/// One direction of a detail against ours: what differs first, or nothing if all that was sent is the same.
std::optional<std::string> first_difference(std::string_view name, const std::vector<std::string>& own,
                                            reader& detail) {
  const std::size_t count = detail.u16();
  reader hashes(detail.bytes(count * short_hash));
  digest h = start();
  for (std::size_t i = 0; i < std::min(count, own.size()) && !detail.failed(); ++i) {
    h = next(h, own[i]);
    if (std::ranges::equal(std::span(h).first(short_hash), hashes.bytes(short_hash))) continue;
    return std::string(name) + " differs first at position " + std::to_string(i + 1) + ", which is \"" +
           own[i] + "\" here";
  }
  return std::nullopt;
}

constexpr std::string_view preamble = "the channel definitions of the two sides differ: ";

}  // namespace

channel_version version_of(const channel_definition& channel) {
  return {version_of(channel.to_acceptor), version_of(channel.to_connector)};
}

bool agrees(const channel_definition& own, const channel_version& peer) {
  return agrees(own.to_acceptor, peer.to_acceptor) && agrees(own.to_connector, peer.to_connector);
}

void write_channel_version(writer& out, const channel_version& version) {
  for (const auto& direction : {version.to_acceptor, version.to_connector}) {
    out.u16(direction.count);
    out.bytes(direction.hash);
  }
}

channel_version read_channel_version(reader& in) {
  channel_version version;
  for (auto* direction : {&version.to_acceptor, &version.to_connector}) {
    direction->count = in.u16();
    direction->hash = in.array<32>();
  }
  return version;
}

std::vector<std::byte> channel_difference_detail(const channel_definition& own, std::size_t limit) {
  const std::size_t room = (limit - 4) / short_hash;
  // Each direction may have half of the room, and what the other leaves of its half.
  const auto share = [room](std::size_t mine, std::size_t other) {
    return std::min(mine, std::max(room / 2, room - std::min(room, other)));
  };
  const std::size_t to_acceptor = share(own.to_acceptor.size(), own.to_connector.size());
  const std::size_t to_connector = std::min(own.to_connector.size(), room - to_acceptor);
  writer out;
  write_prefixes(out, own.to_acceptor, to_acceptor);
  write_prefixes(out, own.to_connector, to_connector);
  return std::move(out).take();
}

std::string explain_channel_difference(const channel_definition& own, std::span<const std::byte> detail) {
  reader in(detail);
  const auto to_acceptor = first_difference("to_acceptor", own.to_acceptor, in);
  const auto to_connector = first_difference("to_connector", own.to_connector, in);
  std::string text(preamble);
  if (!in.complete()) return text + "the peer did not say where";
  if (!to_acceptor && !to_connector) return text + "behind the positions that the peer named";
  if (to_acceptor) text += *to_acceptor;
  if (to_acceptor && to_connector) text += "; ";
  if (to_connector) text += *to_connector;
  return text;
}

std::string explain_channel_difference(const channel_definition& own, const channel_version& peer) {
  const auto within = [](std::string_view name, const channel_version::direction& direction) {
    return "within the first " + std::to_string(direction.count) + " positions of " + std::string(name);
  };
  const bool to_acceptor = !agrees(own.to_acceptor, peer.to_acceptor);
  const bool to_connector = !agrees(own.to_connector, peer.to_connector);
  std::string text(preamble);
  if (to_acceptor) text += within("to_acceptor", peer.to_acceptor);
  if (to_acceptor && to_connector) text += " and ";
  if (to_connector) text += within("to_connector", peer.to_connector);
  if (!to_acceptor && !to_connector) text += "the peer did not say where";
  return text;
}

}  // namespace coseal
