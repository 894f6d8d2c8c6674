#pragma once

#include "exchange/message_key.hpp"
#include "handshake/parameters.hpp"

#include <coseal/result.hpp>
#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace coseal {

/// What a body of records is called in HTTP.
inline constexpr std::string_view octet_stream = "application/octet-stream";

/// The longest token that a REQUEST may carry: ours have some 400 bytes.
inline constexpr std::size_t longest_token = 1024;

/// What stands in clear before the sealed part of a REQUEST.
struct request_prefix {
  std::vector<std::byte> token;
  boot_id boot{};  ///< of the process that the connector heard last
  message_salt salt{};
  std::chrono::milliseconds time{0};  ///< since 1970, by R's clock as I knows it
  bool idempotent = false;
};

/// What it seals.
struct request_content {
  std::chrono::milliseconds within{0};  ///< how long I waits; 0: it does not say
  std::vector<std::byte> body;
};

/// REQ of docs/protocol.md section 8: one whole record. errc::no_aead_backend.
result<std::vector<std::byte>> seal_request(const request_prefix& prefix, std::chrono::milliseconds within,
                                            std::span<const std::byte> body, security_level level,
                                            const secret32& i_ap, std::string_view endpoint_id);

/// A REQUEST as it came. Nothing in it is proved before open().
class request_message {
 public:
  /// Takes one whole record. errc::malformed_record, malformed_message.
  static result<request_message> parse(std::vector<std::byte> record);

  const request_prefix& prefix() const noexcept { return prefix_; }
  /// SHA-256 of the record.
  const digest& hash() const noexcept { return hash_; }
  /// errc::bad_record_tag, malformed_message.
  result<request_content> open(security_level level, const secret32& i_ap, std::string_view endpoint_id) &&;

 private:
  request_message() = default;

  std::vector<std::byte> record_;
  request_prefix prefix_;
  std::size_t sealed_at_ = 0;
  digest hash_{};
};

}  // namespace coseal
