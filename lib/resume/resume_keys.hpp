#pragma once
// binding --r bind--> binder_key; binding and X25519(e, e') --> resume_keys: fin, then traffic secrets. As in
// a full handshake each stage consumes the one before.

#include "handshake/key_schedule.hpp"
#include "resume/session_terms.hpp"

#include <span>

namespace coseal {

/// XL(binding, "r bind i", id | level | pk_i | pk_r): makes and checks the binder of a RESUME.
class binder_key {
 public:
  explicit binder_key(const session_terms& terms) noexcept;

  /// `unbound`: RESUME without its binder.
  digest mac(std::span<const std::byte> unbound) const noexcept;
  [[nodiscard]] bool verify(std::span<const std::byte> unbound,
                            std::span<const std::byte> mac) const noexcept;

 private:
  finished_key key_;
};

/// TH: `resume` is the body of RESUME, `unfinished` that of RESUME_ACK without fin.
digest resume_transcript(std::span<const std::byte> resume, std::span<const std::byte> unfinished) noexcept;

/// K and what comes of it.
struct resume_keys {
  finished_key finished;
  master_secret traffic;

  /// `shared` is X25519(e, e').
  static resume_keys derive(const secret32& binding, secret32 shared, const digest& th) noexcept;
};

}  // namespace coseal
