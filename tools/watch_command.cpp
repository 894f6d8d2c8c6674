#include "channel/call_message.hpp"
#include "channel/error_end.hpp"
#include "channel/item_flow.hpp"
#include "commands.hpp"
#include "contract/value_json.hpp"
#include "described_channel.hpp"
#include "failure.hpp"
#include "outgoing.hpp"
#include "run_until_signal.hpp"

#include <coseal/error.hpp>
#include <coseal/json/writing.hpp>
#include <coseal/session.hpp>

#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coseal::tool {
namespace {

struct watch_options {
  outgoing_options outgoing;
  std::string channel_file;
  std::uint64_t count = 0;
};

/// `{"push":"events/joined","value":{...}}`; null for what this description can not read.
void say_push(const described_channel& channel, std::uint64_t position, std::span<const std::byte> body) {
  std::string line = "{\"push\":";
  detail::append_json_text(line, channel.push_name(position));
  line += ",\"value\":";
  const action_text* const action = channel.push(position);
  const auto text = action != nullptr ? value_to_json(action->input, body) : result<std::string>("null");
  line += text ? *text : "null";
  std::fprintf(stdout, "%s}\n", line.c_str());
  std::fflush(stdout);
}

/// Pushes in their order. Those that come before the channel is known wait for that, as many as credit
/// allows.
class watching {
 public:
  watching(session talk, std::optional<described_channel> channel, std::uint64_t count)
      : talk_(std::move(talk)), channel_(std::move(channel)), left_(count) {}

  task<exit_code> run(std::stop_token stop) {
    if (!channel_) co_await send(message_head::call(only_id, description_position, 0, false));
    for (;;) {
      const auto frames = co_await talk_.receive_some(as_result, stop_on(stop));
      if (stop.stop_requested()) break;
      if (frames.error() == errc::peer_closed) break;
      if (!frames) throw failure(frames.error(), talk_.explain(frames.error()));
      for (auto at = frames->begin(); at != frames->end(); ++at) take(*frames, at);
      if (channel_ && say_waiting()) break;
      if (const auto grant = bodies_.grant(); grant != 0) co_await send(message_head::push_credit(grant));
    }
    const auto closed = co_await talk_.close(as_result, within(std::chrono::seconds(2)));
    co_return closed || !stop.stop_requested() ? exit_code::ok : exit_code::interrupted;
  }

 private:
  static constexpr std::uint64_t only_id = 0;

  task<void> send(message_head head) {
    const std::vector<std::byte> message(head.bytes().begin(), head.bytes().end());
    const auto sent = co_await talk_.send(as_result, message);
    if (!sent) throw failure(sent.error(), talk_.explain(sent.error()));
  }

  void take(const frame_batch& frames, frame_batch::iterator at) {
    const auto message = parse_call_message(*at, message_sender::acceptor);
    if (!message) throw failure(message.error(), "the peer does not speak of calls");
    if (message->kind == message_kind::push) {
      if (!bodies_.put(message->body)) throw failure(exit_code::protocol, "the peer pushes more than it may");
      positions_.push_back(message->position);
    } else if (message->kind == message_kind::reply && message->id == only_id && !channel_) {
      channel_ = described_channel::from_answer(call_end::replied(frames.keep(at), message->body));
    } else if (message->kind == message_kind::error && message->id == only_id && !channel_) {
      channel_ = described_channel::from_answer(end_of(*message, frames.keep(at)));
    }
  }

  /// True when as many as were asked for have been said.
  bool say_waiting() {
    while (!bodies_.empty()) {
      say_push(*channel_, positions_.front(), bodies_.take());
      positions_.pop_front();
      if (left_ != 0 && --left_ == 0) return true;
    }
    return false;
  }

  session talk_;
  std::optional<described_channel> channel_;
  std::uint64_t left_;  // 0: without end
  item_queue bodies_;
  std::deque<std::uint64_t> positions_;
};

task<exit_code> watch(const watch_options& options, std::stop_token stop) {
  std::optional<described_channel> channel;
  if (!options.channel_file.empty()) channel = described_channel::from_file(options.channel_file);
  session talk = co_await open_session(options.outgoing, reporter(options.outgoing.own.json, stderr), stop);
  watching what(std::move(talk), std::move(channel), options.count);
  const exit_code code = co_await what.run(stop);
  co_return code;
}

}  // namespace

void add_watch_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command = app.add_subcommand(
      "watch", "Print what a peer's channel pushes, one JSON object a line, until it closes");
  auto options = std::make_shared<watch_options>();
  options->outgoing.add_to(*command);
  command
      ->add_option("--channel", options->channel_file,
                   "The channel's description, instead of asking the peer for it")
      ->type_name("FILE");
  command->add_option("-c,--count", options->count, "End after so many");
  command->callback([&chosen, options] {
    chosen = [options] {
      return run_until_signal([&](std::stop_token stop) { return watch(*options, std::move(stop)); });
    };
  });
}

}  // namespace coseal::tool
