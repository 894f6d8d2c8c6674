#pragma once
// One client as the server sees it: its session, the calls that run for it, the pushes that wait for it.

#include "channel/handler_queue.hpp"
#include "channel/running_call.hpp"

#include <coseal/audience.hpp>
#include <coseal/peer.hpp>
#include <coseal/session.hpp>

#include <asio/strand.hpp>

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace coseal {

class server_core;
struct server_settings;

/// A message that many connections share.
using shared_message = std::shared_ptr<const std::vector<std::byte>>;

class server_connection final : public waiter_owner {
 public:
  server_connection(client_id id, session made, std::shared_ptr<const server_settings> settings,
                    audience around);
  ~server_connection() override { free_node_memory(); }

  /// Reads and runs handlers until the connection ends; says why.
  static task<std::error_code> serve(std::shared_ptr<server_connection> self);
  /// From now on calls are told that they did not run.
  void drain();
  std::size_t calls() const;
  /// No call runs any more.
  task<result<void>> idle(operation_options options);
  task<void> close();
  void abort() noexcept { over_->abort(); }

  /// False if it has to wait for room; push_policy::wait alone does.
  bool try_push(const shared_message& message, std::size_t body, push_report& report);
  task<result<void>> wait_for_push_room(wait_bounds bounds);
  std::size_t most_waiting_pushes() const noexcept;
  push_counters counters() const;

  const std::shared_ptr<coseal::peer>& with() const noexcept { return peer_; }
  const std::shared_ptr<session>& over() const noexcept { return over_; }
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
  bool few_last_words() const;
  std::error_code take(const frame_batch& batch, frame_batch::iterator at);
  std::error_code take_call(const call_message& message, frame memory);
  std::error_code take_for_call(const call_message& message);
  void start(const std::shared_ptr<running_call>& call);
  /// Frees the call's place, then says its last message.
  void end_call(running_call& call, const message_head& head, const payload& body);
  void say_last(std::uint64_t id, const message_head& head, const payload& body);
  static task<void> say_last_later(std::shared_ptr<server_connection> self, std::uint64_t id,
                                   std::vector<std::byte> message);
  bool free_place(running_call& call, completions& done);
  void cancel_all();
  static task<void> send_pushes(std::shared_ptr<server_connection> self);
  void on_alarm();

  mutable std::mutex mutex_;
  const std::shared_ptr<session> over_;
  const asio::strand<asio::any_io_executor> strand_;
  const std::shared_ptr<const server_settings> settings_;
  const audience audience_;
  const std::shared_ptr<coseal::peer> peer_;

  struct call_place {
    std::shared_ptr<running_call> call;
    std::uint64_t next_id = 0;  // the least that may come
  };
  std::vector<call_place> places_;
  handler_queue handlers_;
  std::size_t running_ = 0;
  std::size_t uploads_ = 0;
  std::size_t last_words_ = 0;  // ends of calls that wait for room in the session
  bool draining_ = false;
  bool ended_ = false;
  wait_list last_words_left_, idle_;

  struct waiting_push {
    shared_message message;
    std::size_t body;
  };
  std::deque<waiting_push> pushes_;
  item_credit push_credit_;
  push_counters counters_;
  bool sending_pushes_ = false;
  wait_list push_room_, push_sender_;

  wait_alarm alarm_;
};

}  // namespace coseal
