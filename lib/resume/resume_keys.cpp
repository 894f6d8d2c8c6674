#include "resume/resume_keys.hpp"

#include "crypto/kdf.hpp"

#include <string_view>

namespace coseal {
namespace {

using namespace std::string_view_literals;

secret32 expand_binder_key(const session_terms& terms) noexcept {
  std::array<std::byte, 16 + 1 + 32 + 32> context{};
  auto end = std::ranges::copy(terms.id, context.begin()).out;
  *end++ = static_cast<std::byte>(terms.level);
  end = std::ranges::copy(terms.connector_key.bytes, end).out;
  std::ranges::copy(terms.acceptor_key.bytes, end);
  return expand_label(terms.binding, "r bind i", context);
}

}  // namespace

binder_key::binder_key(const session_terms& terms) noexcept : key_(expand_binder_key(terms)) {}

digest binder_key::mac(std::span<const std::byte> unbound) const noexcept {
  return key_.mac(sha256::of(unbound));
}

bool binder_key::verify(std::span<const std::byte> unbound, std::span<const std::byte> mac) const noexcept {
  return key_.verify(sha256::of(unbound), mac);
}

digest resume_transcript(std::span<const std::byte> resume, std::span<const std::byte> unfinished) noexcept {
  // vec8 "coseal/1 resume" | u16 suite | vec8 "duplex"
  constexpr auto start =
      "\x0f"
      "coseal/1 resume"
      "\x00\x01"
      "\x06"
      "duplex"sv;
  sha256 said;
  said.update(std::as_bytes(std::span(start))).update(resume).update(unfinished);
  return said.value();
}

resume_keys resume_keys::derive(const secret32& binding, secret32 shared, const digest& th) noexcept {
  secret32 k = hkdf_extract(binding.view(), shared.view());
  finished_key finished(expand_label(k, "fin", th));
  return {std::move(finished), master_secret(std::move(k))};
}

}  // namespace coseal
