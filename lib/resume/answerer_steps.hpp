#pragma once
// The answerer, who is the acceptor. resume_claim --verify--> proved_resumer --answer--> resume_answer. What
// it makes changes nothing yet: a recorded RESUME gets as far, and only the first record under the new keys
// shows that somebody is there who has them.

#include "resume/resume_message.hpp"
#include "resume/resumer_steps.hpp"

#include <string>
#include <vector>

namespace coseal {

/// RESUME_ACK, and what the session goes on with.
struct resume_answer {
  std::vector<std::byte> record;
  resumed_session session;
};

/// Who sent this RESUME, once, had the session's binding. Only resume_claim makes it.
class proved_resumer {
 public:
  const session_terms& terms() const noexcept { return terms_; }
  /// What the pins are asked about.
  peer_claim claim(std::string source) const;
  /// One X25519. errc::bad_key_share.
  result<resume_answer> answer(own_randomness& randomness) &&;

 private:
  friend class resume_claim;
  proved_resumer(session_terms terms, const key_share& share, std::vector<std::byte> body)
      : terms_(std::move(terms)), share_(share), body_(std::move(body)) {}

  session_terms terms_;
  key_share share_;
  std::vector<std::byte> body_;
};

/// A RESUME with a ticket of ours; anybody may have taken it from the wire.
class resume_claim {
 public:
  /// `terms`: what the ticket holds; `body`: of the record.
  resume_claim(session_terms terms, std::vector<std::byte> body)
      : terms_(std::move(terms)), body_(std::move(body)) {}

  /// errc::level_changed, session_expired (not the ticket's generation), bad_finished (the binder),
  /// malformed_message.
  result<proved_resumer> verify() &&;

 private:
  session_terms terms_;
  std::vector<std::byte> body_;
};

}  // namespace coseal
