#pragma once

#include <coseal/asio.hpp>
#include <coseal/channel_definition.hpp>
#include <coseal/clock.hpp>
#include <coseal/coordinate.hpp>
#include <coseal/public_key.hpp>
#include <coseal/security_level.hpp>
#include <coseal/session_binding.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace coseal {

/// When keys are replaced; smaller than the protocol's figures only for tests.
struct rekey_limits {
  std::uint64_t records = std::uint64_t{1} << 22;
  std::uint64_t bytes = std::uint64_t{1} << 36;
  std::chrono::seconds age = std::chrono::hours(1);

  friend bool operator==(const rekey_limits&, const rekey_limits&) = default;
};

/// Limits and times of one session; each default has its reason.
struct session_limits {
  session_limits() {}

  std::uint32_t max_record = 262'144;           ///< accepted from the peer: one slab's worth
  std::uint32_t max_frame = 16'777'216;         ///< accepted from the peer: what one message may make us hold
  std::size_t send_queue = 512 * 1024;          ///< bytes before send() suspends: two flushes
  std::chrono::milliseconds keepalive{15'000};  ///< we send something at least so often; 0 turns it off
  /// Without a frame for so long the session gives up its buffers until the next one; 0: never.
  std::chrono::milliseconds hibernate{30'000};
  std::chrono::milliseconds handshake{10'000};  ///< from the connected carrier to the end of the handshake
  std::chrono::milliseconds close{5'000};       ///< how long close() waits for the peer's CLOSE
  std::size_t padding = 0;  ///< at encrypted: record contents are padded to a multiple of this
  rekey_limits rekey;

  friend bool operator==(const session_limits&, const session_limits&) = default;
};

/// Who asks to be let in; what the authorise hook sees.
struct authorisation_request {
  authorisation_request() {}

  coordinate where;  ///< proved if `key` is there, else claimed
  std::optional<public_key> key;
  security_level level = security_level::none;
  bool first_contact = false;
};

/// What a connector asks for. Chained setters, because g++ 12 destroys aggregates in co_await expressions
/// twice.
class connect_options {
 public:
  connect_options() {}
  connect_options& peer(coordinate wanted) { return peer_ = std::move(wanted), *this; }
  connect_options& level(security_level l) { return level_ = l, *this; }
  connect_options& channel(channel_definition definition) { return channel_ = std::move(definition), *this; }
  connect_options& limits(session_limits l) { return limits_ = l, *this; }
  /// "ipsec-mb", "libsodium" or "wolfssl"; empty: COSEAL_AEAD, else the fastest.
  connect_options& aead(std::string backend) { return aead_ = std::move(backend), *this; }
  connect_options& time(std::shared_ptr<clock> source) { return time_ = std::move(source), *this; }
  /// Goes on with this session, if the acceptor still can and peer, level, limits and channel are the same;
  /// else a full handshake begins a new one (session_info::start says which). The connection that the session
  /// has elsewhere ends with errc::session_moved.
  connect_options& resume(session_binding from) { return resume_ = std::move(from), *this; }
  /// Keeps what the session can be resumed from in the endpoint's storage, sealed, under this name (1 to 64
  /// of A-Z a-z 0-9 . _ -), and goes on from there where no binding was given: a restarted program resumes
  /// too. One session at a time under one name: whoever connects takes it from who has it.
  connect_options& keep_as(std::string name) { return keep_as_ = std::move(name), *this; }
  /// Where and how long to try to reach the carrier and shake hands.
  connect_options& within(clock::duration duration) { return within_ = duration, *this; }

  const coordinate& peer() const { return peer_; }
  security_level level() const { return level_; }
  const channel_definition& channel() const { return channel_; }
  const session_limits& limits() const { return limits_; }
  const std::string& aead() const { return aead_; }
  const std::shared_ptr<clock>& time() const { return time_; }
  const session_binding& resume() const { return resume_; }
  const std::string& keep_as() const { return keep_as_; }
  clock::duration within() const { return within_; }

 private:
  coordinate peer_;  // empty: anybody
  security_level level_ = security_level::encrypted;
  channel_definition channel_;
  session_limits limits_;
  std::string aead_;
  std::shared_ptr<clock> time_ = steady_clock();
  session_binding resume_;
  std::string keep_as_;
  clock::duration within_ = std::chrono::seconds(30);
};

/// What an acceptor admits. All three levels by default; the policy narrows them.
class accept_options {
 public:
  accept_options() {}
  /// Serves `weakest` and everything stronger.
  accept_options& minimum_level(security_level weakest) { return minimum_ = weakest, *this; }
  accept_options& channel(channel_definition definition) { return channel_ = std::move(definition), *this; }
  accept_options& limits(session_limits l) { return limits_ = l, *this; }
  accept_options& aead(std::string backend) { return aead_ = std::move(backend), *this; }
  accept_options& time(std::shared_ptr<clock> source) { return time_ = std::move(source), *this; }
  /// Asked after the proofs and pins, before anything is handed out or pinned.
  accept_options& authorise(std::function<task<bool>(authorisation_request)> hook) {
    return authorise_ = std::move(hook), *this;
  }
  /// Handshakes in flight, in all and a source; beyond them a newcomer is told `busy`, from 70 % on some are
  /// at random.
  accept_options& half_open(std::size_t in_all, std::size_t a_source) {
    return half_open_ = in_all, half_open_a_source_ = a_source, *this;
  }
  /// Sessions, in all and a source, those that are still shaking hands included; beyond them a newcomer is
  /// told `busy`. Each may hold an unfinished frame of max_frame, so count what that comes to.
  accept_options& sessions(std::size_t in_all, std::size_t a_source) {
    return sessions_ = in_all, sessions_a_source_ = a_source, *this;
  }
  /// Called for each connection that did not become a session; from the listener's executor. For logs and
  /// counters.
  accept_options& on_refused(
      std::function<void(std::error_code, const std::string& peer, const std::string& why)> hook) {
    return on_refused_ = std::move(hook), *this;
  }

  security_level minimum_level() const { return minimum_; }
  const channel_definition& channel() const { return channel_; }
  const session_limits& limits() const { return limits_; }
  const std::string& aead() const { return aead_; }
  const std::shared_ptr<clock>& time() const { return time_; }
  const std::function<task<bool>(authorisation_request)>& authorise() const { return authorise_; }
  std::size_t half_open() const { return half_open_; }
  std::size_t half_open_a_source() const { return half_open_a_source_; }
  std::size_t sessions() const { return sessions_; }
  std::size_t sessions_a_source() const { return sessions_a_source_; }
  const auto& on_refused() const { return on_refused_; }

 private:
  security_level minimum_ = security_level::none;
  channel_definition channel_;
  session_limits limits_;
  std::string aead_;
  std::shared_ptr<clock> time_ = steady_clock();
  std::function<task<bool>(authorisation_request)> authorise_;
  std::size_t half_open_ = 512;
  std::size_t half_open_a_source_ = 32;
  std::size_t sessions_ = 65'536;         // as many as a process usually has descriptors for
  std::size_t sessions_a_source_ = 8192;  // one proxy or NAT full of users, not all there is
  std::function<void(std::error_code, const std::string&, const std::string&)> on_refused_;
};

}  // namespace coseal
