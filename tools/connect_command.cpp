#include "commands.hpp"
#include "conversation.hpp"
#include "failure.hpp"
#include "http_commands.hpp"
#include "outgoing.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"

#include <coseal/session.hpp>

#include <cstdio>
#include <memory>

namespace coseal::tool {
namespace {

struct connect_command_options {
  outgoing_options outgoing;
  std::string file;
  bool digests = false;

  reporter report() const { return reporter(outgoing.own.json, stderr); }
};

task<exit_code> connect(const connect_command_options& options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
#if defined(COSEAL_HAVE_HTTP)
  if (is_http_address(options.outgoing.own.addresses.front())) {
    auto call = call_over_http(options.outgoing, options.file, options.report(), stop);
    co_return co_await std::move(call);
  }
#endif
  const reporter report = options.report();
  std::optional<byte_source> source(options.file.empty() ? byte_source::standard_input(executor)
                                                         : byte_source::file(executor, options.file));
  session talk = co_await open_session(options.outgoing, report, stop);
  conversation what(std::move(source), byte_sink::standard_output(executor));
  what.source_file = options.file;
  what.digests = options.digests;
  const exit_code code = co_await converse(std::move(talk), std::move(what), report, stop);
  co_return code;
}

}  // namespace

void add_connect_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command = app.add_subcommand("connect",
                                         "Open a session; standard input or a file goes to the peer, what "
                                         "comes from it to standard output");
  auto options = std::make_shared<connect_command_options>();
  options->outgoing.add_to(*command);
  command->add_option("--file", options->file, "Send this file instead of standard input")->type_name("FILE");
  command->add_flag("--sha256", options->digests, "Print the SHA-256 of what was sent and received");
  command->callback([&chosen, options] {
    chosen = [options] {
      return run_until_signal([&](std::stop_token stop) { return connect(*options, std::move(stop)); });
    };
  });
}

}  // namespace coseal::tool
