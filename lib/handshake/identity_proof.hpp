#pragma once
// The part that M2 and M3 have in common: identity | sig | fin, sealed under one key, hashed field by field.

#include "bytes/record_header.hpp"
#include "crypto/signature.hpp"
#include "handshake/identity_block.hpp"
#include "handshake/key_schedule.hpp"
#include "handshake/transcript.hpp"

#include <coseal/result.hpp>

#include <span>
#include <vector>

namespace coseal {

/// The plaintext of sealed_r and sealed_i.
struct identity_proof {
  static constexpr std::size_t proof_size = 64 + 32;

  identity_block identity;
  signature_bytes signature{};
  digest finished{};

  std::vector<std::byte> encode() const;
  /// errc::malformed_message, unknown_critical_extension.
  static result<identity_proof> parse(std::span<const std::byte> plaintext);
};

/// Signs and seals `own` as `role` into one whole record of `kind` behind `clear`, which the transcript holds
/// already. Leaves the transcript behind fin (TH4 or TH7).
result<std::vector<std::byte>> seal_identity(record_kind kind, std::span<const std::byte> clear,
                                             const identity_block& own, const signing_key& key,
                                             handshake_role role, transcript& said, side_keys keys);

/// A peer's identity block that was opened, and what it takes to check it. Nothing in it is proved yet.
class opened_identity {
 public:
  /// Opens `sealed` in place and leaves the transcript behind fin. errc::bad_record_tag, malformed_message,
  /// unknown_critical_extension.
  static result<opened_identity> open(const record_header& header, std::span<std::byte> sealed,
                                      transcript& said, side_keys keys);

  const identity_block& identity() const noexcept { return proof_.identity; }
  /// errc::bad_signature, bad_finished.
  [[nodiscard]] result<void> verify(handshake_role peer) const noexcept;

 private:
  opened_identity(identity_proof proof, const digest& identity_th, const digest& signature_th,
                  finished_key key)
      : proof_(std::move(proof)),
        identity_th_(identity_th),
        signature_th_(signature_th),
        finished_(std::move(key)) {}

  identity_proof proof_;
  digest identity_th_;   ///< TH2 or TH5: what sig signs
  digest signature_th_;  ///< TH3 or TH6: what fin covers
  finished_key finished_;
};

}  // namespace coseal
