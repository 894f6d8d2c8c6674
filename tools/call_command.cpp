#include "byte_source.hpp"
#include "commands.hpp"
#include "contract/value_json.hpp"
#include "described_channel.hpp"
#include "failure.hpp"
#include "outgoing.hpp"
#include "run_until_signal.hpp"

#include <coseal/client.hpp>
#include <coseal/error.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <stop_token>
#include <string>

namespace coseal::tool {
namespace {

struct call_command_options {
  outgoing_options outgoing;
  std::string action;
  std::string json = "{}";
  std::string channel_file;
  bool idempotent = false;
};

void print_line(const std::string& text) {
  std::fprintf(stdout, "%s\n", text.c_str());
  std::fflush(stdout);
}

/// One connection, or one server over HTTP: tried once, since somebody waits at a terminal.
class one_call {
 public:
  one_call(const call_command_options& options, asio::any_io_executor executor, std::stop_token stop)
      : options_(options), on_stop_(std::move(stop), [this] { ends_.request_stop(); }) {
    client_options wanted;
    const outgoing_options& outgoing = options.outgoing;
    const result<coordinate> peer = coordinate::parse(outgoing.peer);
    if (!peer) throw failure(peer.error(), "--peer " + outgoing.peer + ": " + peer.error().message());
    const std::string& address = outgoing.own.addresses.front();
    auto where = transport_from(address, {}, outgoing.tls);
    if (!where) throw failure(where.error(), address + ": an address is " + std::string(address_forms));
    if (outgoing.level != security_level::none) outgoing.own.check_aead();
    wanted.peer = *peer;
    wanted.security = outgoing.level;
    wanted.transports.push_back(*std::move(where));
    wanted.on_state = [this](const channel_state& state) {
      if (state.state != connection_state::waiting || failed_) return;
      failed_ = state.why;
      explanation_ = state.explanation;
      ends_.request_stop();
    };
    // The definition of nothing: every channel begins like it.
    client_ = connect_channel(runtime(std::move(executor), outgoing.own.open(outgoing.trust)),
                              define_channel(channel_domains()), std::move(wanted));
  }

  call_options how() const {
    call_options made;
    made.within(std::chrono::duration_cast<clock::duration>(
                    std::chrono::duration<double>(options_.outgoing.timeout)))
        .stop(ends_.get_token())
        .idempotent(options_.idempotent);
    return made;
  }
  /// What ended because the network failed says so.
  call_end explained(call_end end) const {
    if (!failed_ || end.error() != errc::cancelled) return end;
    return call_end(end.outcome(), failed_, explanation_);
  }
  const client& to() const noexcept { return client_; }

 private:
  const call_command_options& options_;
  std::stop_source ends_;
  std::stop_callback<std::function<void()>> on_stop_;
  std::error_code failed_;
  std::string explanation_;
  client client_;
};

/// The reply on standard output; everything else as a failure, but a declared error, which is an answer too.
exit_code say_end(const call_end& end, const action_text& action, const std::string& name) {
  if (end.outcome() == call_outcome::replied) {
    if (!action.reply) return exit_code::ok;
    const auto text = value_to_json(*action.reply, end.body());
    if (!text) throw failure(exit_code::protocol, name + ": the reply can not be read");
    print_line(*text);
    return exit_code::ok;
  }
  if (end.outcome() == call_outcome::declared_error && end.which() < action.errors.size()) {
    const type_text& type = action.errors[static_cast<std::size_t>(end.which())];
    const auto text = value_to_json(type, end.body());
    if (!text) throw failure(exit_code::protocol, name + ": the error can not be read");
    print_line("{\"" + std::string(type.name) + "\":" + *text + "}");
    throw failure(exit_code::handler, name + " ended with the error " + std::string(type.name));
  }
  const std::string why =
      end.error().message() + (end.text().empty() ? std::string() : ": " + harmless(end.text()));
  if (end.outcome() == call_outcome::unknown)
    throw failure(exit_code::unknown, name + " was sent, and may have run: " + why);
  if (end.error() == call_errc::handler_failed) throw failure(exit_code::handler, name + ": " + why);
  throw failure(exit_code_of(end.error()), name + ": " + why);
}

task<exit_code> say_items(std::shared_ptr<item_source> items, const action_text& action, std::string name) {
  for (;;) {
    auto next = co_await items->next({});
    if (!next) co_return say_end(items->end(), action, name);
    if (!*next) co_return exit_code::ok;
    const auto text = value_to_json(action.reply->arguments.front(), **next);
    if (!text) throw failure(exit_code::protocol, name + ": an item can not be read");
    print_line(*text);
  }
}

task<exit_code> call(const call_command_options& options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  one_call with(options, executor, stop);
  std::optional<described_channel> channel;
  if (!options.channel_file.empty()) {
    channel = described_channel::from_file(options.channel_file);
  } else {
    const call_end end = co_await with.to().call_bytes(description_position, payload(), with.how());
    if (stop.stop_requested()) co_return exit_code::interrupted;
    channel = described_channel::from_answer(with.explained(end));
  }
  const std::uint64_t position = channel->position_of(options.action);
  const action_text& action = channel->call(position);
  if (action.takes)
    throw failure(exit_code::usage, options.action + " takes a stream, which no command line can give");
  decode_failure where;
  const auto fields = value_from_json(action.input, options.json, &where);
  if (!fields) throw failure(exit_code::usage, options.action + ": " + where.text());

  const payload body{std::span<const std::byte>(*fields)};
  if (action.streams()) {
    std::shared_ptr<item_source> items;
    const call_end begun = co_await with.to().open_stream(position, body, with.how(), items);
    if (begun.outcome() != call_outcome::replied)
      co_return say_end(with.explained(begun), action, options.action);
    const exit_code ended = co_await say_items(items, action, options.action);
    co_return ended;
  }
  const call_end end = co_await with.to().call_bytes(position, body, with.how());
  if (stop.stop_requested() && end.error() == errc::cancelled) co_return exit_code::interrupted;
  const exit_code ended = say_end(with.explained(end), action, options.action);
  co_await with.to().close();
  co_return ended;
}

}  // namespace

void add_call_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command =
      app.add_subcommand("call", "Make one call of a peer's channel: JSON in, the reply as JSON out");
  auto options = std::make_shared<call_command_options>();
  options->outgoing.add_to(*command, 1);
  command->add_option("action", options->action, "What to call")->required()->type_name("DOMAIN/ACTION");
  command->add_option("json", options->json, "Its fields, a JSON object")
      ->capture_default_str()
      ->type_name("JSON");
  command
      ->add_option("--channel", options->channel_file,
                   "The channel's description, instead of asking the peer for it")
      ->type_name("FILE");
  command->add_flag("--idempotent", options->idempotent,
                    "It may run twice: asked again if an answer got lost");
  command->callback([&chosen, options] {
    chosen = [options] {
      return run_until_signal([&](std::stop_token stop) { return call(*options, std::move(stop)); });
    };
  });
}

}  // namespace coseal::tool
