#pragma once
// What a session is behind its handle. One mutex guards everything but two things, each used by one owner at
// a time without it: the batch being written (while `flushing_`) and the receiving half (while `pumping_`).
// System calls and coroutine resumptions happen outside of the mutex.

#include "crypto/process.hpp"
#include "handshake/accept_message.hpp"
#include "handshake/handshake.hpp"
#include "observe/registry.hpp"
#include "resume/resumable_session.hpp"
#include "session/inbound.hpp"
#include "session/outbound.hpp"
#include "session/wait_alarm.hpp"

#include <coseal/carrier.hpp>
#include <coseal/log.hpp>
#include <coseal/session.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace coseal {

struct session_metrics;

class session::core final : public waiter_owner,
                            public carrier_observer,
                            public handshake_link,
                            private metrics_source,
                            public session_holder,
                            private control_sink {
 public:
  enum class role { connector, acceptor };

  static std::shared_ptr<core> make(role side, std::unique_ptr<duplex_carrier> carrier, session_limits limits,
                                    std::shared_ptr<clock> time);
  /// What ACCEPT at level none is compared with (connector), or says (acceptor).
  void set_claims(coordinate where, channel_definition channel);
  ~core() override;
  /// Counted and told of to who watches `self`; before anything else, `asked_for` on a connector.
  void watch(const endpoint& self, std::optional<security_level> asked_for = std::nullopt);
  /// Once: for those who watch.
  void handshake_ended(std::error_code why, const std::string& explanation);

  // The handshake's link; one deadline for all of it.
  task<result<handshake_record>> receive() override;
  task<result<void>> send(std::vector<std::byte> records) override;
  /// Keys and limits are agreed. A connector now expects ACCEPT; an acceptor may send it.
  result<void> establish(handshake_outcome agreed, const std::string& aead);
  /// Connector: what the session can be resumed from once ACCEPT has come and said the rest.
  void prepare_binding(resumable_session next);
  /// Acceptor of a session that goes on: suspends until the connector has shown that it has the new keys.
  task<result<void>> resumed();
  /// R's first record; ends the handshake on its side. At level none only the id of `said` counts.
  result<void> send_accept(const accept_message& said, const parameters& own);
  void send_refused(const refusal& why);
  /// Sends a clear REFUSED instead of shaking hands.
  void refuse_clear(std::span<const std::byte> record, std::error_code why);
  /// Delivers what is queued, then ends the connection without losing it to a reset.
  void end_after_farewell(std::error_code why) noexcept;
  /// Lets go of `what` when the connection has: a place among the handshakes in flight.
  void keep_until_gone(std::shared_ptr<void> what);
  /// Called once, from the executor, when the session fails or is ended on this side; not when it is dropped
  /// after the peer's CLOSE.
  void tell_end(std::function<void(std::error_code)> call);
  /// Of a refusal as busy.
  std::chrono::milliseconds retry_after() const noexcept;
  task<result<void>> accepted(operation_options options);

  // session
  /// The hot path: a small frame into the open PACK; false when it takes more than that.
  bool append_small(std::span<const std::byte> frame) {
    lock_type lock(mutex_);
    if (!sendable() || !out_.append_to_open_pack(frame)) return false;
    if (flushing_) return true;
    if (!flush_scheduled_)
      schedule_flush();
    else if (++queued_in_turn_ % frames_a_look == 0)
      flush_in_long_turn(lock);
    return true;
  }
  std::error_code try_send(std::span<const std::byte> frame);
  std::error_code try_queue(std::span<const std::byte> frame);
  std::size_t try_send_some(std::span<const std::span<const std::byte>> frames, std::error_code& error);
  task<result<void>> send(std::span<const std::byte> frame, operation_options options);
  task<result<void>> send(frame_buffer frame, operation_options options);
  task<result<std::size_t>> send_some(std::span<const std::span<const std::byte>> frames,
                                      operation_options options);
  template <typename T, result<T> (inbound::*next)()>
  task<result<T>> receive(operation_options options);
  task<result<void>> drain(operation_options options);
  task<result<void>> shutdown_send(operation_options options);
  task<result<void>> close(operation_options options);
  task<result<clock::duration>> ping(operation_options options);
  void abort() noexcept;
  /// The peer broke the rules of what is spoken in its frames; it is told that it did.
  void reject(std::error_code why) noexcept;
  /// The handle goes: a session that the peer has closed answers with CLOSE, any other is aborted.
  void release() noexcept;
  result<std::vector<std::byte>> export_secret(std::string_view label, std::span<const std::byte> context,
                                               std::size_t n) const;
  session_info info() const;
  session_binding binding() const;
  std::error_code failure() const noexcept;
  std::string explain(std::error_code failure) const;
  asio::any_io_executor executor() const noexcept { return executor_; }

  // session_holder
  void give_way(std::error_code why) noexcept override;
  // waiter_owner
  std::mutex& mutex() noexcept override { return mutex_; }
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override;
  void note_deadline(clock::time_point when) override;
  clock& time() noexcept override { return *time_; }
  void on_context_shutdown() noexcept override;
  // carrier_observer
  void on_readable(std::error_code error) noexcept override;
  void on_writable(std::error_code error) noexcept override;

 private:
  using lock_type = std::unique_lock<std::mutex>;
  // A batch does not wait for the end of a turn that takes much longer than a system call; looked at now and
  // then, since reading the clock costs as much as appending a frame.
  static constexpr unsigned frames_a_look = 8;
  static constexpr std::chrono::microseconds long_turn{30};
  enum class close_state { open, wanted, queued };
  static constexpr std::chrono::seconds quiet_time{1};  // before memory is shed

  core(role side, std::unique_ptr<duplex_carrier> carrier, session_limits limits,
       std::shared_ptr<clock> time);
  std::shared_ptr<core> self() { return std::static_pointer_cast<core>(shared_from_this()); }

  // control_sink, without the mutex
  result<void> on_accept(std::span<const std::byte> body) override;
  void on_resumed() override;
  std::error_code on_refused(std::span<const std::byte> body, bool clear) override;
  void on_ping(std::span<const std::byte, 8> opaque) override;
  void on_pong(std::span<const std::byte, 8> opaque) override;

  // session_send.cpp
  bool sendable() const noexcept {
    return !error_ && !send_error_ && close_ == close_state::open && !forked();
  }
  std::error_code unsendable() const noexcept;
  std::error_code append(lock_type& lock, std::span<const std::byte> frame, outbound::bytes_stay stay,
                         completions& done);
  std::error_code after_append(lock_type& lock, const result<outbound::appended>& appended, completions& done,
                               bool& again);
  void schedule_flush();
  void flush_in_long_turn(lock_type& lock);
  void flush(lock_type& lock, completions& done);
  void continue_flush(lock_type& lock, completions& done, bool writing);
  std::error_code write_out() noexcept;
  void queue_control();
  void complete_written(completions& done);
  void stop_sending(std::error_code why, completions& done);
  task<result<void>> wait_for_room(wait_bounds bounds);
  task<result<void>> wait_written(std::uint64_t goal, wait_bounds bounds);
  task<result<void>> wait_drained(wait_bounds bounds);
  task<result<void>> wait_shut_down(wait_bounds bounds);

  // session_receive.cpp
  void background_read(lock_type& lock, completions& done);
  void end_of_reading(lock_type& lock, std::error_code error, completions& done);
  void arm_reading();
  void end_pump();
  void listen_later() noexcept;
  bool turn_is_over() noexcept;
  void read_later();

  // session_handshake.cpp
  void forget_claims();
  void complete_binding(accept_message said);

  // session_watch.cpp
  void read(metrics_readings& into) const override;
  void tell_lost(std::error_code why);

  // session_end.cpp
  void fail(lock_type& lock, std::error_code why, completions& done, bool farewell);
  void start_linger(lock_type& lock);

  // session_alarm.cpp
  void on_alarm();
  void set_alarm(clock::time_point when);
  clock::time_point next_sign_of_life() const noexcept;
  void shed_memory(clock::time_point now, clock::time_point& next) noexcept;
  bool forked() const noexcept { return generation_ != process_generation(); }

  mutable std::mutex mutex_;
  const role role_;
  const std::uint32_t generation_;
  std::unique_ptr<duplex_carrier> carrier_;
  asio::any_io_executor executor_;
  std::shared_ptr<clock> time_;
  session_limits limits_;
  outbound out_;
  inbound in_;

  std::error_code error_;       // the first failure: everything ends with it
  std::error_code send_error_;  // the carrier takes no more; what has come is still read
  std::string refusal_text_;    // what the peer said
  std::chrono::milliseconds retry_after_{0};
  bool established_ = false;
  bool accepted_ = false;
  bool resumed_ = false;  // the first record under a resumed session's keys was opened
  close_state close_ = close_state::open;
  bool closing_ = false;  // close() is draining: frames that still come are dropped
  bool lingering_ = false;
  bool released_ = false;

  bool flushing_ = false;
  bool flush_scheduled_ = false;
  unsigned queued_in_turn_ = 0;
  clock::time_point turn_began_{};
  bool in_write_call_ = false;
  bool adopt_after_call_ = false;
  bool read_armed_ = false;
  bool readable_ = true;
  bool receiving_ = false;
  bool pumping_ = false;
  bool arm_after_pump_ = false;
  bool listen_again_ = false;  // an alarm looks whether anybody still reads

  wait_list receivers_, senders_, written_, held_back_, pongs_, accepters_, closers_;
  std::vector<std::array<std::byte, 8>> pongs_due_;
  std::optional<std::array<std::byte, 8>> ping_due_;
  std::uint64_t next_ping_ = 1;
  std::uint64_t pong_seen_ = 0;

  std::unique_ptr<clock::alarm> alarm_;
  clock::time_point alarm_at_ = clock::time_point::max();
  clock::time_point last_sent_;
  std::optional<clock::time_point> handshake_deadline_;
  std::optional<clock::time_point> linger_until_;
  clock::duration peer_keepalive_{0};

  session_info info_;
  coordinate wanted_;
  channel_definition channel_;
  std::optional<secret32> exporter_;
  std::unique_ptr<resumable_session> binding_;
  std::uint64_t bytes_sent_ = 0;
  std::uint64_t turn_records_ = 0;  // where in_ stood when the executor's turn began
  std::uint64_t turn_bytes_ = 0;
  std::shared_ptr<void> kept_;
  std::function<void(std::error_code)> end_told_;

  std::optional<security_level> asked_for_;
  const clock::time_point made_at_;
  bool told_ = false;  // those who watch know that the session is open
  log log_;
  std::optional<metrics> metrics_;
  std::shared_ptr<const session_metrics> series_;
  read_source counted_;
};

}  // namespace coseal
