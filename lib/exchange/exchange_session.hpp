#pragma once

#include "crypto/secret.hpp"
#include "exchange/request_message.hpp"
#include "exchange/response_message.hpp"
#include "handshake/handshake.hpp"

#include <coseal/clock.hpp>
#include <coseal/result.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coseal {

/// One REQUEST on its way: the bytes to send, and what its RESPONSE is bound to.
struct sealed_request {
  std::vector<std::byte> record;
  digest hash{};
  std::chrono::milliseconds time{0};  ///< that it names
  clock::time_point sealed_at;
};

/// I of docs/protocol.md section 8 after M3: seals requests and opens their responses. No I/O. A copy of it,
/// even in another process, repeats no key: every request has a fresh salt.
class exchange_session {
 public:
  /// What a handshake on an exchange carrier agreed on, with the token that came with HELLO_REPLY.
  /// errc::malformed_message if R did not say where it is.
  static result<exchange_session> make(handshake_outcome agreed, std::vector<std::byte> handshake_token,
                                       clock::time_point now);

  /// `within` is told to R; zero says nothing. errc::frame_too_large, no_aead_backend.
  result<sealed_request> seal(const std::vector<std::byte>& body, std::chrono::milliseconds within,
                              bool idempotent, clock::time_point now) const;
  /// Opens a whole RESPONSE in place, and takes R's time, boot and new token from it. errc::bad_record_tag,
  /// malformed_record, unexpected_record, malformed_message.
  result<response_content> open(std::vector<std::byte> record, const sealed_request& asked,
                                clock::time_point now);

  security_level level() const noexcept { return level_; }
  const coordinate& peer() const noexcept { return peer_; }
  const public_key& peer_key() const noexcept { return peer_key_; }
  const session_id& id() const noexcept { return id_; }
  /// R has accepted.
  bool accepted() const noexcept { return accepted_; }
  /// The token is, by R's clock, still worth sending.
  bool alive(clock::time_point now) const noexcept { return accepted_ && time_of_r(now) < expires_; }

 private:
  exchange_session() = default;
  std::chrono::milliseconds time_of_r(clock::time_point now) const noexcept {
    return r_time_ + std::chrono::duration_cast<std::chrono::milliseconds>(now - heard_at_);
  }

  security_level level_ = security_level::encrypted;
  secret32 i_ap_;
  secret32 r_ap_;
  coordinate peer_;
  public_key peer_key_;
  std::uint32_t max_body_ = 0;
  std::string endpoint_id_;
  std::vector<std::byte> token_;
  session_id id_{};
  bool accepted_ = false;
  std::chrono::milliseconds expires_{0};
  boot_id boot_{};
  std::chrono::milliseconds r_time_{0};  // at heard_at_
  clock::time_point heard_at_;
};

}  // namespace coseal
