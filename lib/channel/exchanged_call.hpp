#pragma once
// One call that came over HTTP: the message in, the message out. Its handler runs on a strand of its own.

#include "channel/call_message.hpp"

#include <coseal/handler.hpp>

#include <asio/cancellation_signal.hpp>
#include <asio/strand.hpp>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace coseal {

/// The whole ERROR that ends a call over HTTP, `text` cut to what it carries.
std::vector<std::byte> exchanged_error(error_kind kind, std::string_view text = {});

class exchanged_call final : public served_call, public std::enable_shared_from_this<exchanged_call> {
 public:
  using strand_type = asio::strand<asio::any_io_executor>;

  exchanged_call(strand_type strand, std::shared_ptr<coseal::peer> from, std::string_view action,
                 coseal::audience around, std::optional<clock::time_point> deadline,
                 std::span<const std::byte> input)
      : strand_(std::move(strand)),
        context_(std::move(from), action, std::move(around), deadline),
        input_(input.begin(), input.end()) {}

  coseal::context& context() noexcept override { return context_; }
  std::span<const std::byte> input() const noexcept override { return input_; }
  void drop_input() noexcept override { input_ = {}; }
  bool try_reply(const payload& answer) override;
  task<void> reply(payload answer) override;
  void declare(std::uint64_t which, const payload& error) override;
  void refuse(call_errc why, std::string_view text) override;
  task<result<void>> send_item(payload item, operation_options options) override;
  void end_items() override {}
  task<result<std::optional<std::vector<std::byte>>>> next_item(operation_options options) override;

  /// Before the handler runs.
  void trace(const std::optional<trace_context>& of) noexcept { context_.trace_ = of; }
  const strand_type& strand() const noexcept { return strand_; }
  asio::cancellation_slot stop_slot() noexcept { return stop_.slot(); }
  /// From anywhere: nobody waits for the answer any more, for the reason that ERROR will give.
  void cancel(error_kind why);
  /// On the strand.
  bool cancelled() const noexcept { return context_.cancelled(); }
  error_kind cancelled_because() const noexcept { return cancelled_because_; }
  /// REPLY or ERROR; empty while there is none.
  std::vector<std::byte> take_answer() noexcept { return std::move(answer_); }

 private:
  void answer(const message_head& head, const payload& body);

  const strand_type strand_;
  coseal::context context_;
  std::vector<std::byte> input_;
  std::vector<std::byte> answer_;
  error_kind cancelled_because_ = error_kind::cancelled;
  asio::cancellation_signal stop_;
};

}  // namespace coseal
