#pragma once
// One client as the server sees it: its session, the calls that run for it, the pushes that wait for it.
// Where the client asked for it, all of that outlives the session and goes on over the next.

#include "channel/continuation.hpp"
#include "channel/handler_queue.hpp"
#include "channel/kept_answers.hpp"
#include "channel/kept_pushes.hpp"
#include "channel/running_call.hpp"

#include <coseal/audience.hpp>
#include <coseal/peer.hpp>
#include <coseal/session.hpp>

#include <asio/strand.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace coseal {

class server_core;
struct server_settings;

class server_connection final : public waiter_owner {
 public:
  server_connection(client_id id, std::shared_ptr<session> over,
                    std::shared_ptr<const server_settings> settings, audience around);
  ~server_connection() override { free_node_memory(); }

  /// Reads, `first` before the rest, and runs handlers until the session ends, and says why; or until
  /// nothing has come for session_limits::hibernate, without a reason.
  static task<std::optional<std::error_code>> serve(std::shared_ptr<server_connection> self,
                                                    std::optional<frame_batch> first);
  /// On the strand: nobody is there to answer to.
  void end();
  /// From now on calls are told that they did not run.
  void drain();
  std::size_t calls() const;
  /// No call runs any more.
  task<result<void>> idle(operation_options options);
  task<void> close();
  /// Now, and whatever was kept for it goes.
  void abort() noexcept;

  // server_continuation.cpp
  /// The session has ended because of `why`. True: this one waits for another.
  bool wait_for_return(std::error_code why);
  /// A session that goes on from ours. False if it is not waited for.
  bool offer(const std::shared_ptr<session>& over);
  /// Until its client is back, with what it said first; false if it does not come, or goes on with nothing.
  static task<bool> return_of_client(std::shared_ptr<server_connection> self,
                                     std::optional<frame_batch>& first);
  /// What was offered and is not ours: behind end().
  std::shared_ptr<session> take_offered();

  /// False if it has to wait for room; push_policy::wait alone does.
  bool try_push(const shared_message& message, std::size_t body, push_report& report);
  task<result<void>> wait_for_push_room(wait_bounds bounds);
  std::size_t most_waiting_pushes() const noexcept;
  push_counters counters() const;

  const std::shared_ptr<coseal::peer>& with() const noexcept { return peer_; }
  std::shared_ptr<session> over() const {
    const lock_type lock(mutex_);
    return over_;
  }
  const asio::strand<asio::any_io_executor>& strand() const noexcept { return strand_; }
  const server_settings& settings() const noexcept { return *settings_; }
  /// On the strand.
  handler_queue& handlers() noexcept { return handlers_; }

  std::mutex& mutex() noexcept override { return mutex_; }
  clock& time() noexcept override;
  void give_up(waiter& node, std::error_code error, completions& done) noexcept override {
    done.add(node, error);
  }
  void note_deadline(clock::time_point when) override;
  void on_context_shutdown() noexcept override;

 private:
  friend class running_call;
  using lock_type = std::unique_lock<std::mutex>;

  std::shared_ptr<server_connection> self() {
    return std::static_pointer_cast<server_connection>(shared_from_this());
  }
  /// On the strand: each handler that waits may be one more.
  bool few_last_words() const;
  std::error_code take(const frame_batch& batch, frame_batch::iterator at);
  std::error_code take_call(const call_message& message, frame memory);
  std::error_code take_for_call(const call_message& message);
  void start(const std::shared_ptr<running_call>& call);
  struct call_place {
    std::shared_ptr<running_call> call;
    std::uint64_t next_id = 0;  // the least that may come
    bool unasked = false;       // in this session: until then nothing of before is answered
  };
  call_place& place_at(std::size_t at);

  // server_continuation.cpp
  std::error_code take_continue(const call_message& message, bool opening);
  bool begin_window(std::uint64_t id);
  std::error_code go_on(std::uint64_t id, const continue_request& request, bool& push);
  std::error_code ask_again(lock_type& lock, const call_place& place, std::uint64_t id);
  std::error_code cancel_unasked(lock_type& lock, call_place& place, std::uint64_t id);
  std::shared_ptr<session> last_word(std::uint64_t id, const message_head& head, const payload& body);
  void limit_away_pushes(push_report* report);

  /// Frees the call's place, then says its last message.
  void end_call(running_call& call, const message_head& head, const payload& body);
  void say_last(std::uint64_t id, const message_head& head, const payload& body);
  void say(std::shared_ptr<session> over, std::uint64_t id, const message_head& head, const payload& body);
  static task<void> say_later(std::shared_ptr<server_connection> self, std::shared_ptr<session> over,
                              std::uint64_t id, std::vector<std::byte> message);
  bool free_place(running_call& call, completions& done);
  static task<void> send_pushes(std::shared_ptr<server_connection> self);
  void on_alarm();

  mutable std::mutex mutex_;
  std::shared_ptr<session> over_;
  const asio::strand<asio::any_io_executor> strand_;
  const std::shared_ptr<const server_settings> settings_;
  const audience audience_;
  const std::shared_ptr<coseal::peer> peer_;

  std::vector<call_place> places_;
  handler_queue handlers_;
  std::size_t running_ = 0;
  std::size_t uploads_ = 0;
  std::size_t last_words_ = 0;  // ends of calls that wait for room in the session
  bool draining_ = false;
  bool ended_ = false;
  wait_list last_words_left_, idle_;

  std::deque<waiting_push> pushes_;
  item_credit push_credit_;
  push_counters counters_;
  bool sending_pushes_ = false;
  bool push_leaves_ = false;  // one has left the queue and is not in the session yet
  wait_list push_room_, push_sender_;

  struct continuation {
    window_id window;
    kept_answers answers;
    kept_pushes pushes;
  };
  std::unique_ptr<continuation> kept_;  // once the client has asked for it
  bool heard_ = false;                  // the first message of the session
  bool continued_ = false;              // this is not the first session
  bool away_ = false;                   // no session, or one that has not said yet that it goes on
  bool dismissed_ = false;
  std::size_t waiting_bytes_ = 0;  // of the pushes, while away
  std::shared_ptr<session> offered_;
  wait_list returns_;

  wait_alarm alarm_;
};

}  // namespace coseal
