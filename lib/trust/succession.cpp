#include "trust/succession.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <string>
#include <string_view>

namespace coseal {
namespace {

constexpr std::size_t max_part = 64;

bool legal_part(std::span<const std::byte> part) noexcept {
  const auto legal = [](std::byte b) {
    const auto c = static_cast<char>(b);
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  };
  return part.size() <= max_part && std::ranges::all_of(part, legal);
}

void write_signed_fields(writer& out, const succession_statement& statement) {
  out.bytes(statement.previous.bytes);
  out.bytes(statement.next.bytes);
  write_coordinate(out, statement.where);
  out.u64(statement.serial);
}

std::vector<std::byte> signed_bytes(const succession_statement& statement) {
  writer out;
  out.text(std::string(64, ' '));
  out.text("coseal/1 succession");
  out.u8(0);
  write_signed_fields(out, statement);
  return std::move(out).take();
}

/// Each statement goes on where the one before ended.
bool linked(const succession_chain& chain) noexcept {
  for (std::size_t i = 1; i < chain.size(); ++i)
    if (chain[i].previous != chain[i - 1].next || chain[i].serial <= chain[i - 1].serial) return false;
  return chain.size() <= max_succession;
}

}  // namespace

succession_statement sign_succession(const signing_key& previous, const public_key& next, coordinate where,
                                     std::uint64_t serial) {
  succession_statement statement;
  statement.previous = previous.public_part();
  statement.next = next;
  statement.where = std::move(where);
  statement.serial = serial;
  statement.signature = previous.sign(signed_bytes(statement));
  return statement;
}

result<std::uint64_t> follow_succession(const succession_chain& chain, const public_key& pinned,
                                        std::uint64_t pinned_serial, const public_key& shown,
                                        const coordinate& where) {
  if (!linked(chain)) return errc::bad_succession;
  // The last statement that starts at the pin: what stands before it is history, known or not to us.
  auto at = chain.end();
  while (at != chain.begin() && std::prev(at)->previous != pinned) --at;
  if (at == chain.begin()) return errc::key_changed;
  --at;

  if (chain.back().next != shown || at->serial <= pinned_serial) return errc::bad_succession;
  for (; at != chain.end(); ++at)
    if (at->where != where || !verify_signature(at->previous, signed_bytes(*at), at->signature))
      return errc::bad_succession;
  return chain.back().serial;
}

void write_coordinate(writer& out, const coordinate& where) {
  out.vec8(where.environment());
  out.vec8(where.instance());
}

coordinate read_coordinate(reader& in, bool allow_empty) {
  const auto environment = in.vec8();
  const auto instance = in.vec8();
  const bool named = !environment.empty() || (allow_empty && instance.empty());
  if (in.failed() || !named || !legal_part(environment) || !legal_part(instance)) {
    in.fail();
    return {};
  }
  if (environment.empty()) return {};
  return coordinate(as_text(environment), as_text(instance));
}

void write_succession(writer& out, const succession_chain& chain) {
  out.u8(static_cast<std::uint8_t>(chain.size()));
  for (const auto& statement : chain) {
    write_signed_fields(out, statement);
    out.bytes(statement.signature);
  }
}

succession_chain read_succession(reader& in) {
  succession_chain chain;
  const std::size_t count = in.u8();
  if (count > max_succession) in.fail();
  for (std::size_t i = 0; i < count && !in.failed(); ++i) {
    succession_statement statement;
    statement.previous.bytes = in.array<32>();
    statement.next.bytes = in.array<32>();
    statement.where = read_coordinate(in);
    statement.serial = in.u64();
    statement.signature = in.array<64>();
    if (!in.failed()) chain.push_back(std::move(statement));
  }
  if (in.failed()) chain.clear();
  return chain;
}

}  // namespace coseal
