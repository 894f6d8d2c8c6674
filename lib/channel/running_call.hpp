#pragma once
// One call at the acceptor, from its arrival to its last message. Guarded by the connection's mutex; its
// handler runs on the connection's strand.

#include "channel/call_message.hpp"
#include "channel/call_metrics.hpp"
#include "channel/item_flow.hpp"
#include "session/wait_alarm.hpp"

#include <coseal/frame.hpp>
#include <coseal/handler.hpp>

#include <asio/cancellation_signal.hpp>

#include <memory>
#include <optional>

namespace coseal {

class server_connection;

class running_call final : public served_call {
 public:
  running_call(std::shared_ptr<server_connection> on, const call_message& message, frame memory,
               const handler& by, std::string_view action, coseal::audience around,
               std::optional<clock::time_point> deadline);

  coseal::context& context() noexcept override { return context_; }
  std::span<const std::byte> input() const noexcept override { return input_; }
  void drop_input() noexcept override {
    input_ = {};
    memory_ = {};
  }
  bool try_reply(const payload& answer) override;
  task<void> reply(payload answer) override;
  void declare(std::uint64_t which, const payload& error) override;
  void refuse(call_errc why, std::string_view text) override;
  task<result<void>> send_item(payload item, operation_options options) override;
  void end_items() override;
  task<result<std::optional<std::vector<std::byte>>>> next_item(operation_options options) override;

  const handler& by() const noexcept { return *by_; }
  /// On the strand: the handler begins in a coroutine that `stop` cancels. False if the call was cancelled
  /// before; that is its end then.
  bool begin(std::shared_ptr<asio::cancellation_signal> stop);
  /// On the strand: the coroutine has left the handler. False if it was cancelled.
  bool end() noexcept;
  /// On the strand: the caller does not wait any more, for the reason that ERROR will give.
  void cancel(error_kind why);
  /// On the strand: the handler has ended.
  void handler_ended(const std::exception_ptr& failure);

 private:
  friend class server_connection;

  const std::shared_ptr<server_connection> on_;
  const std::uint64_t id_;
  const std::uint64_t position_;
  const bool takes_items_;
  frame memory_;
  std::span<const std::byte> input_;
  const handler* const by_;
  coseal::context context_;
  const std::chrono::milliseconds allowed_;    // 0: for ever
  std::optional<clock::time_point> deadline_;  // while it counts: not while items come or go
  bool answered_ = false;                      // its last message is on its way
  bool input_ended_ = false;
  error_kind cancelled_because_ = error_kind::cancelled;
  item_credit credit_;
  item_queue items_;
  wait_list readers_;
  wait_list senders_;
  std::shared_ptr<asio::cancellation_signal> stop_;  // while the handler runs
  watched_call watched_;
};

}  // namespace coseal
