#pragma once
// What a client is behind its handle: one coroutine that keeps a connection up and reads from it, and the
// calls that wait for their answers. One mutex guards it all; nothing is awaited and no user's code runs
// under it.

#include "channel/client_connection.hpp"
#include "channel/exchange_link.hpp"
#include "channel/pending_call.hpp"

#include <coseal/call_options.hpp>
#include <coseal/channel_state.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/handler.hpp>
#include <coseal/payload.hpp>
#include <coseal/session.hpp>

#include <asio/cancellation_signal.hpp>
#include <asio/strand.hpp>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace coseal {

/// What a client is told at its start.
struct client_settings {
  explicit client_settings(endpoint who) : self(std::move(who)) {}

  endpoint self;
  std::vector<transport> transports;
  connect_options connecting;
  std::vector<std::string> push_names;         // by position
  std::vector<std::optional<handler>> pushes;  // by position
  std::function<void(const channel_state&)> on_state;
  std::function<void(std::string_view action, std::exception_ptr failure)> on_failure;
};

/// No network is to blame, so trying again at once would change nothing.
bool is_refusal(std::error_code error) noexcept;

class client_core final : public waiter_owner {
 public:
  static std::shared_ptr<client_core> start(asio::any_io_executor executor, client_settings settings);
  ~client_core() override { free_node_memory(); }

  /// One call to its end. `body` lives until then.
  task<call_end> call(std::uint64_t position, payload body, call_options options);
  /// A call of which items are a part: sent, with `call` as its state. Zero outcome: replied, meaning sent.
  task<call_end> open(pending_call& call, std::uint64_t position, payload body, wait_bounds bounds);
  /// Waits for the end of `call`, or for its first item.
  task<call_end> answer(pending_call& call, wait_bounds bounds);
  /// Nothing: it is to be asked again.
  task<std::optional<call_end>> answer_or_loss(pending_call& call, wait_bounds bounds);
  task<result<std::optional<std::vector<std::byte>>>> next_item(pending_call& call, wait_bounds bounds);
  task<result<void>> send_item(pending_call& call, payload item, wait_bounds bounds);
  task<result<void>> end_items(pending_call& call, wait_bounds bounds);
  /// The caller goes: what has no end yet is given up.
  void leave(pending_call& call) noexcept;

  task<result<void>> ready(operation_options options);
  /// No more calls; those outstanding end, the session is closed.
  task<void> close();
  void abort() noexcept;
  std::shared_ptr<coseal::peer> peer() const;
  std::uint64_t unhandled_pushes() const;

  wait_bounds bounds_of(const call_options& options) const;
  clock& time() noexcept override { return *settings_.connecting.time(); }
  std::mutex& mutex() noexcept override { return mutex_; }
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override;
  void note_deadline(clock::time_point when) override;
  void on_context_shutdown() noexcept override;

 private:
  using lock_type = std::unique_lock<std::mutex>;
  using strand_type = asio::strand<asio::any_io_executor>;

  /// What a round through the transports came to: one of the two.
  struct way {
    std::optional<session> connection;
    std::shared_ptr<exchange_link> exchange;
    std::size_t index = 0;  // of the transport
  };

  client_core(asio::any_io_executor executor, client_settings settings)
      : strand_(asio::make_strand(std::move(executor))), settings_(std::move(settings)) {}
  std::shared_ptr<client_core> self() { return std::static_pointer_cast<client_core>(shared_from_this()); }

  // client_call.cpp
  bool enter(pending_call& call);
  void retract(pending_call& call) noexcept;
  bool start_at_once(pending_call& call, std::uint64_t position, const payload& body,
                     const wait_bounds& bounds);
  task<call_end> start_slowly(pending_call& call, std::uint64_t position, payload body, wait_bounds bounds);
  bool may_go_on(const call_end& end, const call_options& options) const;
  bool was_lost(const pending_call& call, const call_end& end) const;
  operation_options left_of(const wait_bounds& bounds);
  message_head head_of(const pending_call& call, std::uint64_t position, const wait_bounds& bounds) const;
  void set_aside(client_connection& connection) noexcept;
  void pass_on(completions& done) noexcept;
  std::error_code unusable() const noexcept;

  // client_receive.cpp
  static task<std::error_code> receive(std::shared_ptr<client_core> self,
                                       std::shared_ptr<client_connection> from);
  std::error_code take(client_connection& from, const frame_batch& batch, frame_batch::iterator at,
                       completions& done);
  std::error_code take_push(client_connection& from, const call_message& message, completions& done);
  std::error_code take_item(pending_call& call, const call_message& message, completions& done);
  void finish(client_connection& from, pending_call& call, call_end how, completions& done);
  static task<void> handle_pushes(std::shared_ptr<client_core> self, std::shared_ptr<client_connection> from);

  // client_continuation.cpp
  void ask_to_continue(client_connection& on);
  std::error_code take_continuation(client_connection& on, const call_message& message, completions& done);
  void go_on(client_connection& on, std::uint64_t missed, completions& done);
  void begin_anew(client_connection& on, completions& done);
  void count_push(client_connection& on, std::size_t body);
  void set_away(const std::shared_ptr<client_connection>& lost, const call_end& how, completions& done);
  void give_up_away(completions& done);
  task<result<void>> ask_again(pending_call& call, std::uint64_t position, const payload& body,
                               const wait_bounds& bounds);

  // client_exchange.cpp
  task<result<way>> use_exchange(way made, channel_state& state);
  task<call_end> call_over_exchange(std::uint64_t position, const payload& body, const wait_bounds& bounds,
                                    bool idempotent, std::optional<trace_context> trace);
  void note_exchange(const std::shared_ptr<exchange_link>& over, const call_end& end);

  // client_core.cpp
  static task<void> run(std::shared_ptr<client_core> self);
  task<result<way>> connect(channel_state& state, std::size_t count);
  std::shared_ptr<client_connection> adopt(session made);
  void lose(const std::shared_ptr<client_connection>& lost, std::error_code why,
            const std::string& explanation);
  void refuse_calls(std::error_code why, const std::string& explanation);
  task<void> wait_before_retry(clock::duration how_long, bool refused);
  clock::duration backoff(unsigned attempt);
  void want_connection();
  void say(const channel_state& state) const;
  void on_alarm();

  mutable std::mutex mutex_;
  strand_type strand_;
  client_settings settings_;
  std::shared_ptr<client_connection> current_;
  std::shared_ptr<client_connection> away_;  // has lost its session and waits for the next
  /// What an acceptor that was asked to go on has answered.
  struct news {
    std::optional<std::uint64_t> missed_pushes{};  // none: it does not know
  };
  std::optional<news> news_;                 // that nobody was told of
  std::shared_ptr<exchange_link> exchange_;  // while there is no connection
  std::error_code exchange_failure_;         // why there is none any more
  std::string exchange_text_;
  session_binding binding_;  // of the last session; the connecting coroutine's
  bool closed_ = false;
  std::error_code refused_;  // while set, calls fail at once
  std::string refused_text_;
  bool asked_ = false;  // somebody wants a connection since the last refusal
  wait_list waiting_;   // for a connection with a free id, or for ready()
  wait_list retry_;     // the connecting coroutine, for time to pass
  wait_list wanted_;    // the same after a refusal, for somebody who wants a connection
  std::uint64_t unhandled_pushes_ = 0;
  wait_alarm alarm_;
  std::minstd_rand random_{std::random_device{}()};
  asio::cancellation_signal stop_;  // on the strand
};

}  // namespace coseal
