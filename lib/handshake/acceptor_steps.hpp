#pragma once
// R, one type a step. hello --admit, answer--> acceptor_reply --finish--> unverified_connector --verify-->
// proved_connector, about which pins, ledger, channel and authorisation then decide.

#include "handshake/handshake.hpp"
#include "handshake/hello.hpp"
#include "handshake/identity_proof.hpp"

#include <memory>
#include <span>
#include <vector>

namespace coseal {

/// The cheap checks of M1 in their order. errc::level_refused, coordinate_refused.
[[nodiscard]] result<void> admit(const hello& m1, const accept_policy& policy, const loaded_identity& own);

/// I's key and coordinate, proved. Only unverified_connector makes it.
class proved_connector {
 public:
  const identity_block& identity() const noexcept { return identity_; }
  /// What the pins are asked about: the full coordinate it shows.
  peer_claim claim(std::string source) const;
  /// What is agreed, still without `pinned`.
  handshake_outcome into_outcome(std::shared_ptr<const loaded_identity> own) &&;

 private:
  friend class unverified_connector;
  proved_connector(identity_block identity, const channel_version& channel, security_level level,
                   master_secret master, const digest& th7)
      : identity_(std::move(identity)),
        channel_(channel),
        level_(level),
        master_(std::move(master)),
        th7_(th7) {}

  identity_block identity_;
  channel_version channel_;
  security_level level_;
  master_secret master_;
  digest th7_;
};

/// M3 was opened; its content is anybody's claim.
class unverified_connector {
 public:
  unverified_connector(opened_identity opened, const channel_version& channel, security_level level,
                       master_secret master, const digest& th7)
      : opened_(std::move(opened)), channel_(channel), level_(level), master_(std::move(master)), th7_(th7) {}

  /// errc::bad_signature, bad_finished.
  result<proved_connector> verify() &&;

 private:
  opened_identity opened_;
  channel_version channel_;
  security_level level_;
  master_secret master_;
  digest th7_;
};

/// R between M2 and M3 as a token can hold it: any process that shares the identity goes on from here.
struct half_open_handshake {
  security_level level;
  channel_version channel;
  handshake_secret secret;
  digest th1;
  digest settled;  ///< D; see transcript::settle
};

/// HELLO_REPLY, and what has to be kept for FINISH.
struct suspended_reply {
  std::vector<std::byte> record;
  half_open_handshake rest;
};

/// M2 was made and waits for FINISH or ABORT. The ephemeral is gone already.
class acceptor_reply {
 public:
  /// One X25519 and one signature. Takes the fixed ephemeral out of `policy`, if there is one.
  /// errc::bad_key_share.
  static result<acceptor_reply> make(const hello& m1, std::span<const std::byte> m1_body,
                                     accept_policy& policy, const loaded_identity& own);
  /// The same on an exchange carrier, up to the point where R forgets everything.
  static result<suspended_reply> make_suspended(const hello& m1, std::span<const std::byte> m1_body,
                                                accept_policy& policy, const loaded_identity& own);
  /// Goes on after make_suspended(); there is no record() then.
  explicit acceptor_reply(half_open_handshake from);

  /// One whole HELLO_REPLY record.
  const std::vector<std::byte>& record() const noexcept { return record_; }
  /// errc::bad_record_tag, malformed_message, unknown_critical_extension.
  result<unverified_connector> finish(handshake_record m3) &&;
  /// Why I gave up. errc::bad_record_tag, malformed_message.
  result<refusal> abort(handshake_record aborted) &&;

 private:
  acceptor_reply(transcript said, handshake_keys keys, const channel_version& channel, security_level level,
                 std::vector<std::byte> record)
      : said_(said),
        connector_(std::move(keys.connector)),
        master_(std::move(keys.master)),
        channel_(channel),
        level_(level),
        record_(std::move(record)) {}

  transcript said_;
  side_keys connector_;
  master_secret master_;
  channel_version channel_;
  security_level level_;
  std::vector<std::byte> record_;
};

}  // namespace coseal
