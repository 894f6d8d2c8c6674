#pragma once

#include "crypto/hash.hpp"
#include "crypto/key_agreement.hpp"

#include <coseal/result.hpp>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace coseal {

/// The longest ticket that a RESUME has room for.
inline constexpr std::size_t longest_ticket = 768;

/// The body of RESUME but for its last 32 bytes, the binder.
struct resume_message {
  std::uint8_t level = 0;
  std::uint64_t generation = 0;
  std::array<std::byte, 32> salt{};
  key_share share{};  ///< e
  std::vector<std::byte> ticket;

  /// Without the binder.
  std::vector<std::byte> encode() const;
  friend bool operator==(const resume_message&, const resume_message&) = default;
};

/// A RESUME as it came.
struct received_resume {
  resume_message message;
  std::span<const std::byte> unbound;  ///< what the binder covers: a view of what was parsed
  digest binder{};

  /// errc::malformed_message, unknown_critical_extension.
  static result<received_resume> parse(std::span<const std::byte> body);
};

/// The body of RESUME_ACK but for its last 32 bytes, fin.
struct resume_ack {
  key_share share{};  ///< e'
  std::array<std::byte, 32> salt{};

  /// Without fin.
  std::vector<std::byte> encode() const;
  friend bool operator==(const resume_ack&, const resume_ack&) = default;
};

/// A RESUME_ACK as it came.
struct received_resume_ack {
  resume_ack message;
  std::span<const std::byte> unfinished;  ///< what stands before fin: a view of what was parsed
  digest finished{};

  /// errc::malformed_message, unknown_critical_extension.
  static result<received_resume_ack> parse(std::span<const std::byte> body);
};

}  // namespace coseal
