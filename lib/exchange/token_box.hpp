#pragma once

#include "exchange/token_content.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/exchange.hpp>

#include <memory>
#include <span>
#include <vector>

namespace coseal {

/// Seals and opens the tokens of all processes that share an identity. Thread-safe.
class token_box {
 public:
  token_box(std::shared_ptr<endpoint::state> self, token_keys keys) : self_(std::move(self)), keys_(keys) {}

  /// The identity to answer with, its ring rolled if it was time.
  task<result<std::shared_ptr<const loaded_identity>>> identity();

  std::vector<std::byte> seal(const loaded_identity& own, handshake_token token) const;
  std::vector<std::byte> seal(const loaded_identity& own, const session_token& token) const;

  /// errc::session_expired if it was sealed under a key that is gone or never was ours, malformed_message,
  /// bad_record_tag, condition::storage.
  task<result<handshake_token>> open_handshake(std::vector<std::byte> token);
  task<result<session_token>> open_session(std::vector<std::byte> token);

 private:
  template <typename Content>
  task<result<Content>> open(token_type type, std::vector<std::byte> token);
  std::vector<std::byte> seal(const loaded_identity& own, token_type type,
                              std::span<const std::byte> plaintext) const;

  std::shared_ptr<endpoint::state> self_;
  token_keys keys_;
};

}  // namespace coseal
