#pragma once
// I, one type a step. connector_hello --reply--> unverified_acceptor --verify--> verified_acceptor; beside it
// goes connector_answer, the one thing that hi seals: FINISH, for which it takes a verified and a pinned
// acceptor, or ABORT.

#include "handshake/handshake.hpp"
#include "handshake/hello_reply.hpp"
#include "handshake/identity_proof.hpp"

#include <memory>
#include <span>
#include <vector>

namespace coseal {

/// R's key and coordinate, proved. Only unverified_acceptor makes it.
class verified_acceptor {
 public:
  const identity_block& identity() const noexcept { return identity_; }
  const channel_version& channel() const noexcept { return channel_; }
  /// What the pins are asked about. An acceptor is pinned under what was asked for; where nothing was asked,
  /// under the environment it shows: an instance id that nobody asked for never makes a pin.
  peer_claim claim(const coordinate& wanted, security_level level) const;

 private:
  friend class unverified_acceptor;
  verified_acceptor(identity_block identity, const channel_version& channel)
      : identity_(std::move(identity)), channel_(channel) {}

  identity_block identity_;
  channel_version channel_;
};

/// M2 was opened; its content is anybody's claim.
class unverified_acceptor {
 public:
  unverified_acceptor(opened_identity opened, const channel_version& channel)
      : opened_(std::move(opened)), channel_(channel) {}

  /// errc::coordinate_refused, bad_signature, bad_finished.
  result<verified_acceptor> verify(const coordinate& wanted) &&;

 private:
  opened_identity opened_;
  channel_version channel_;
};

/// M3 and what I takes from the handshake.
struct connector_finish {
  std::vector<std::byte> record;
  handshake_outcome agreed;
};

/// The transcript at TH4 and the keys for what follows.
class connector_answer {
 public:
  connector_answer(transcript said, side_keys keys, master_secret master, security_level level)
      : said_(said), keys_(std::move(keys)), master_(std::move(master)), level_(level) {}

  result<connector_finish> finish(verified_acceptor acceptor, peer_pinned pinned,
                                  std::shared_ptr<const loaded_identity> own, const parameters& params) &&;
  /// One whole ABORT record.
  result<std::vector<std::byte>> abort(const refusal& why) &&;

 private:
  transcript said_;
  side_keys keys_;
  master_secret master_;
  security_level level_;
};

struct opened_reply {
  unverified_acceptor acceptor;
  connector_answer answer;
};

/// M1 was made and waits for its answer.
class connector_hello {
 public:
  /// Takes the fixed ephemeral and random out of `request`, if there are any.
  explicit connector_hello(connect_request& request);

  /// One whole HELLO record.
  std::vector<std::byte> record() const;
  /// errc::parameter_changed, level_changed, bad_key_share, bad_record_tag, malformed_message, ...
  result<opened_reply> reply(handshake_record m2) &&;

 private:
  security_level level_;
  carrier_kind carrier_;
  ephemeral_key ephemeral_;
  std::vector<std::byte> m1_;
};

/// The HELLO record of level none, which nothing waits for.
std::vector<std::byte> unproved_hello(const connect_request& request, const loaded_identity& own);

}  // namespace coseal
