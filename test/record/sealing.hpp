#pragma once

#include "record/nonce_audit.hpp"
#include "record/opener.hpp"
#include "record/sealer.hpp"

#include <coseal/error.hpp>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace coseal::test {

using bytes = std::vector<std::byte>;

inline constexpr security_level all_levels[] = {security_level::none, security_level::authenticated,
                                                security_level::encrypted};
inline constexpr security_level keyed_levels[] = {security_level::authenticated, security_level::encrypted};

inline bytes bytes_of(std::initializer_list<int> values) {
  bytes out;
  for (const int value : values) out.push_back(static_cast<std::byte>(value));
  return out;
}

/// A content: its type, then the text.
inline bytes content_of(int type, std::string_view text) {
  bytes out{static_cast<std::byte>(type)};
  for (const char c : text) out.push_back(static_cast<std::byte>(c));
  return out;
}

inline bytes joined(std::initializer_list<bytes> parts) {
  bytes out;
  for (const auto& part : parts) out.insert(out.end(), part.begin(), part.end());
  return out;
}

inline bytes random_bytes(std::mt19937& random, std::size_t n) {
  bytes out(n);
  for (auto& b : out) b = static_cast<std::byte>(random());
  return out;
}

inline secret32 secret_of(int fill) {
  secret32 out;
  for (auto& b : out.writable()) b = static_cast<std::byte>(fill);
  return out;
}

inline constexpr clock::time_point some_time{std::chrono::hours(5)};

/// Under -Dnonce_audit=true each sealer is watched from here on, but not compared with those before it.
inline std::unique_ptr<sealer> sealer_at(security_level level, const secret32& secret,
                                         clock::time_point now = some_time) {
  forget_nonces_for_testing();
  if (level == security_level::none) return make_clear_sealer();
  return make_sealer(level, secret.clone(), *default_aead_backend().value(), now);
}
inline std::unique_ptr<opener> opener_at(security_level level, const secret32& secret,
                                         clock::time_point now = some_time) {
  if (level == security_level::none) return make_clear_opener();
  return make_opener(level, secret.clone(), *default_aead_backend().value(), now);
}

/// The whole record, header first.
inline bytes seal(sealer& by, std::span<const std::byte> content) {
  bytes record(record_header::size + content.size() + by.overhead());
  std::copy(content.begin(), content.end(), record.begin() + record_header::size);
  by.seal(record).value();
  return record;
}
/// What a receiver makes of a whole record.
inline result<bytes> open(opener& by, bytes record) {
  const std::span whole(record);
  const auto header = record_header::parse(whole.first<record_header::size>());
  const auto content = by.open(header, whole.subspan(record_header::size));
  if (!content) return content.error();
  return bytes(content->begin(), content->end());
}

}  // namespace coseal::test
