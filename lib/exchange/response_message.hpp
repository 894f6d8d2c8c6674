#pragma once

#include "bytes/writer.hpp"
#include "exchange/message_key.hpp"
#include "handshake/accept_message.hpp"
#include "handshake/parameters.hpp"
#include "handshake/refusal.hpp"

#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <variant>
#include <vector>

namespace coseal {

/// What a RESPONSE says.
struct response_content {
  boot_id boot{};                     ///< of the process that answers
  std::chrono::milliseconds time{0};  ///< since 1970, by R's clock
  std::optional<accept_message>
      accepted;  ///< a new session token in its ticket: a session's first, or a renewal
  /// The answer, or why there is none.
  std::variant<std::vector<std::byte>, refusal> outcome;

  void write(writer& out) const;
  /// errc::malformed_message, unknown_critical_extension.
  static result<response_content> parse(std::span<const std::byte> content);
};

/// RSP of docs/protocol.md section 8: one whole record, bound to the REQUEST with that hash.
/// errc::no_aead_backend.
result<std::vector<std::byte>> seal_response(const response_content& content, const message_salt& salt,
                                             security_level level, const secret32& r_ap,
                                             const digest& request);
/// errc::malformed_record, unexpected_record, bad_record_tag, and those of parse. The record is opened in
/// place.
result<response_content> open_response(std::span<std::byte> record, security_level level,
                                       const secret32& r_ap, const digest& request);

}  // namespace coseal
