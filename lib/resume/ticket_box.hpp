#pragma once

#include "resume/session_terms.hpp"
#include "trust/endpoint_state.hpp"

#include <coseal/result.hpp>

#include <memory>
#include <vector>

namespace coseal {

/// Seals and opens the tickets of all processes that share an identity: tokens of type 3 under its ticket
/// ring. Thread-safe.
class ticket_box {
 public:
  explicit ticket_box(std::shared_ptr<endpoint::state> self) : self_(std::move(self)) {}

  /// `own` is who the session was made with; if the store has a newer ring of the same key, that is used,
  /// rolled if it was time.
  task<result<std::vector<std::byte>>> seal(std::shared_ptr<const loaded_identity> own, session_terms terms);
  /// errc::session_expired if it was sealed under a key that is gone or never was ours, malformed_message,
  /// bad_record_tag, condition::storage.
  task<result<session_terms>> open(std::vector<std::byte> ticket);

 private:
  std::shared_ptr<endpoint::state> self_;
};

}  // namespace coseal
