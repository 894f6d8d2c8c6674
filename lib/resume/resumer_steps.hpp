#pragma once
// The resumer, who is the connector. resume_offer --answer--> resumed_session.

#include "resume/resumable_session.hpp"

#include <span>
#include <vector>

namespace coseal {

/// What a side has when the session goes on: new traffic secrets, and the terms of the next generation.
struct resumed_session {
  traffic_secrets secrets;
  session_terms next;
};

/// RESUME was made and waits for its answer.
class resume_offer {
 public:
  /// Takes the fixed ephemeral and random out of `randomness`, if there are any.
  resume_offer(const resumable_session& from, own_randomness& randomness);

  /// One whole RESUME record.
  std::vector<std::byte> record() const;
  /// `ack`: the body of RESUME_ACK. errc::bad_key_share, bad_finished, malformed_message,
  /// unknown_critical_extension.
  result<resumed_session> answer(std::span<const std::byte> ack) &&;

 private:
  session_terms terms_;
  ephemeral_key ephemeral_;
  std::vector<std::byte> body_;
};

}  // namespace coseal
