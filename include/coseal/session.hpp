#pragma once

#include <coseal/asio.hpp>
#include <coseal/carrier.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/frame.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/result.hpp>
#include <coseal/session_binding.hpp>
#include <coseal/session_options.hpp>
#include <coseal/session_start.hpp>
#include <coseal/transport.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace coseal {

/// A snapshot of a session for people, logs and counters.
struct session_info {
  security_level level = security_level::none;
  std::string aead;     ///< backend name; empty at level none
  std::string carrier;  ///< "tcp", "unix", "memory"
  std::string peer_address;
  coordinate peer;  ///< proved above none; at none only claimed, and empty on the connector until accepted()
  std::optional<public_key> peer_key;      ///< above none
  std::optional<public_key> own_key;       ///< above none
  bool first_contact = false;              ///< the peer's key was pinned by this session
  bool below_record = false;               ///< connector: the level is weaker than the strongest one recorded
  std::array<std::byte, 16> session_id{};  ///< stays the same when it is resumed
  session_start start = session_start::fresh;
  bool hibernating = false;  ///< it has given up its buffers, until a byte comes or a frame is to be sent
  bool refused = false;      ///< connector at level none: ended by REFUSED, so nothing it sent was handed on
  std::uint64_t send_epoch = 0;  ///< key updates so far
  std::uint64_t receive_epoch = 0;
  std::uint64_t records_sent = 0, records_received = 0;
  std::uint64_t bytes_sent = 0, bytes_received = 0;  ///< on the carrier, headers and tags included
  std::uint64_t frames_sent = 0, frames_received = 0;
};

/// One connection to one peer: frames both ways, in order, at the level that the handshake proved.
///
/// Any call may come from any thread, with others outstanding, except that at most one receive runs at a time
/// (errc::already_receiving). Spans passed to an awaited call must live until it ends. A cancelled or timed
/// out operation leaves the session as if it had not been called, except that a frame whose sending has begun
/// is sent whole. After a failure every call ends with that first error. Destroying the session aborts it and
/// never blocks; it must be gone before its execution context. A child after fork() gets
/// errc::used_after_fork. Each call has a form with `as_result` first that does not throw.
class session {
 public:
  session() noexcept = default;
  session(session&&) noexcept = default;
  session& operator=(session&& other) noexcept;
  ~session();

  /// Queues one frame if there is room, without suspending: zero, asio::error::would_block, or the session's
  /// error. Frames of one executor turn share records and system calls; they leave at its end, or as soon as
  /// enough are there.
  std::error_code try_send(std::span<const std::byte> frame);
  /// The same, but never writes: for callers that hold locks, since a carrier's write may run code of a host.
  /// A full queue is written at the end of the executor's turn.
  std::error_code try_queue(std::span<const std::byte> frame);
  /// Queues as many of `frames` as there is room for and says how many; 0 with would_block or the session's
  /// error.
  std::size_t try_send_some(std::span<const std::span<const std::byte>> frames, std::error_code& error);
  /// Sends one frame; suspends while the queue is full. errc::frame_too_large, misuse, transport, timed_out,
  /// cancelled.
  task<void> send(std::span<const std::byte> frame);
  task<void> send(std::span<const std::byte> frame, operation_options options);
  task<result<void>> send(as_result_t, std::span<const std::byte> frame);
  task<result<void>> send(as_result_t, std::span<const std::byte> frame, operation_options options);
  /// The same for bytes from make_frame: sealed where they are; above 8 KiB never copied.
  task<void> send(frame_buffer frame, operation_options options = {});
  task<result<void>> send(as_result_t, frame_buffer frame, operation_options options = {});
  /// Sends at least one of `frames`, as many as go without waiting; says how many. The batch form of send.
  task<std::size_t> send_some(std::span<const std::span<const std::byte>> frames,
                              operation_options options = {});
  task<result<std::size_t>> send_some(as_result_t, std::span<const std::span<const std::byte>> frames,
                                      operation_options options = {});
  /// Lends n writable bytes inside the pipeline.
  frame_buffer make_frame(std::size_t n);

  /// The next frame. errc::peer_closed after the peer's CLOSE, errc::truncated if the connection ends without
  /// one.
  task<frame> receive(operation_options options = {});
  task<result<frame>> receive(as_result_t, operation_options options = {});
  /// The frames of the next record: at least one.
  task<frame_batch> receive_some(operation_options options = {});
  task<result<frame_batch>> receive_some(as_result_t, operation_options options = {});

  /// Calls `then` once, from the executor, when there is something to receive or the session has ended; in
  /// place of an earlier call. For who waits for long: a session that hibernates and a function take less
  /// memory than a coroutine that waits. Not while a receive runs. Destroying the session drops the call.
  void when_receivable(std::function<void()> then);

  /// Suspends until everything queued has been handed to the carrier.
  task<void> drain(operation_options options = {});
  task<result<void>> drain(as_result_t, operation_options options = {});
  /// Sends CLOSE behind everything queued and waits for it to leave: half-close, receiving goes on.
  task<void> shutdown_send(operation_options options = {});
  task<result<void>> shutdown_send(as_result_t, operation_options options = {});
  /// shutdown_send, then drops what still comes until the peer's CLOSE (session_limits::close at most).
  task<void> close(operation_options options = {});
  task<result<void>> close(as_result_t, operation_options options = {});
  /// Ends everything now; outstanding operations end with errc::cancelled, the peer sees errc::truncated.
  void abort() noexcept;
  /// Ends the session because of what the peer said in its frames: the peer sees errc::peer_failed,
  /// operations here end with `why`. For protocols on top.
  void reject(std::error_code why) noexcept;

  /// One PING and its PONG: the time between.
  task<clock::duration> ping(operation_options options = {});
  task<result<clock::duration>> ping(as_result_t, operation_options options = {});
  /// Connector at level none: suspends until ACCEPT or the refusal. At the other levels it is so already.
  task<void> accepted(operation_options options = {});
  task<result<void>> accepted(as_result_t, operation_options options = {});
  /// n <= 1024 bytes that only the two ends know, bound to this session (channel binding); above level none.
  result<std::vector<std::byte>> export_secret(std::string_view label, std::span<const std::byte> context,
                                               std::size_t n) const;

  session_info info() const;
  /// Connector: what the session can be resumed from for 24 h, after its connection has failed or its process
  /// has ended. Empty on an acceptor, at level none, and before accepted().
  session_binding binding() const;
  /// What a person should read after a failure: the peer, level and carrier, and what to do.
  std::string explain(std::error_code failure) const;
  /// The first error, zero while the session is whole.
  std::error_code failure() const noexcept;
  asio::any_io_executor executor() const noexcept;
  explicit operator bool() const noexcept { return core_ != nullptr; }

  class core;  // lib/session/session_core.hpp
  explicit session(std::shared_ptr<core> behind) noexcept;

 private:
  std::shared_ptr<core> core_;
};

/// Reaches `where` and shakes hands as a connector on the caller's executor. At level none it returns without
/// a round trip; see session::accepted. The error's what() names the peer and what to do about it.
task<session> connect_session(endpoint self, transport where, connect_options options = {});
task<result<session>> connect_session(as_result_t, endpoint self, transport where, connect_options options,
                                      std::string* explanation = nullptr);
/// The same over a carrier that is open already.
task<session> connect_session(endpoint self, std::unique_ptr<duplex_carrier> carrier,
                              connect_options options = {});
task<result<session>> connect_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                      connect_options options, std::string* explanation = nullptr);

/// Shakes hands as the acceptor of one open carrier.
task<session> accept_session(endpoint self, std::unique_ptr<duplex_carrier> carrier,
                             accept_options options = {});
task<result<session>> accept_session(as_result_t, endpoint self, std::unique_ptr<duplex_carrier> carrier,
                                     accept_options options, std::string* explanation = nullptr);

/// Accepts connections, shakes hands with many at once, hands out finished sessions. Usable from any thread.
/// It must be gone before the execution context that it was made on.
class listener {
 public:
  /// Binds at once. Throws coseal::error.
  listener(asio::any_io_executor executor, endpoint self, listen_address where, accept_options options = {});
  listener(listener&&) noexcept = default;
  listener& operator=(listener&&) noexcept;
  /// Closes; handshakes in flight end.
  ~listener();

  /// The next session. errc::cancelled after close().
  task<session> accept(operation_options options = {});
  task<result<session>> accept(as_result_t, operation_options options = {});
  /// Where it listens, with the port that the system chose; transport_from takes it.
  std::string address() const;
  /// Accepts no more; sessions handed out live on.
  void close() noexcept;

 private:
  class state;
  std::shared_ptr<state> state_;
};

}  // namespace coseal
