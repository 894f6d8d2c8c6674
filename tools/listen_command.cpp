#include "commands.hpp"
#include "conversation.hpp"
#include "failure.hpp"
#include "http_commands.hpp"
#include "peer_options.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"
#include "task_group.hpp"

#include <coseal/error.hpp>
#include <coseal/session.hpp>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <memory>

namespace coseal::tool {
namespace {

struct listen_options {
  own_options own{"listener"};
  security_level minimum = security_level::encrypted;
  trust_options trust;
  std::string ledger = "refuse";
  tls_server_options tls;
  std::string file;
  std::string address_file;
  bool once = false;
  bool digests = false;

  reporter report() const { return reporter(own.json, stderr); }
};

/// Whole or not at all: whoever waits for the file may read it as soon as it is there.
void write_address_file(const std::string& path, const std::string& address) {
  const std::string fresh = path + ".new";
  std::ofstream out(fresh);
  out << address << '\n';
  out.close();
  std::error_code failed;
  if (out) std::filesystem::rename(fresh, path, failed);
  if (!out || failed) throw failure(exit_code::storage, "can not write " + path);
}

void say_listening(const reporter& report, const listen_options& options, const std::string& address,
                   const public_key& key) {
  json_line line("listening");
  line.add("address", address).add("coordinate", options.own.environment);
  line.add("fingerprint", key.fingerprint())
      .add("key", key.to_hex())
      .add("minimum_level", to_string(options.minimum));
  report.say(line, "listening on " + address + " as " + options.own.environment + ", key " +
                       key.fingerprint() + "\nreach it with: coseal connect " + address + " --peer " +
                       options.own.environment);
}

/// What the peer can not be told in full stands here: the cause of a refusal, and the option that would have
/// let it in.
void say_refused(const reporter& report, const listen_options& options, std::error_code cause,
                 const std::string& peer, const std::string& why) {
  json_line line("refused");
  line.add("peer", peer).add("message", why.empty() ? cause.message() : why);
  line.add("exit", static_cast<int>(exit_code_of(cause)));
  std::string text = "refused " + peer + ": " + (why.empty() ? cause.message() : why);
  std::string advice;
  if (cause == errc::level_below_record)
    advice = "`--ledger allow` would let it in at the weaker level";
  else if (cause == errc::level_refused)
    advice = "`--minimum-level` is " + std::string(to_string(options.minimum));
  if (!advice.empty()) {
    line.add("advice", advice);
    text += "\n  " + advice;
  }
  report.say(line, text);
}

task<void> serve(session talk, listen_options options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const reporter report = options.report();
  try {
    conversation what(std::nullopt, byte_sink::standard_output(executor));
    what.digests = options.digests;
    co_await converse(std::move(talk), std::move(what), report, stop);
  } catch (const failure& failed) {
    json_line line("failed");
    line.add("message", failed.what()).add("exit", static_cast<int>(failed.code()));
    report.say(line, failed.what());
  }
}

task<exit_code> serve_once(session talk, const listen_options& options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  std::optional<byte_source> source;
  if (options.file.empty()) source.emplace(byte_source::standard_input(executor));
  conversation what(std::move(source), options.file.empty() ? byte_sink::standard_output(executor)
                                                            : byte_sink::file(executor, options.file));
  what.sink_file = options.file;
  what.digests = options.digests;
  const exit_code code = co_await converse(std::move(talk), std::move(what), options.report(), stop);
  co_return code;
}

task<exit_code> listen(const listen_options& options, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const reporter report = options.report();
#if defined(COSEAL_HAVE_HTTP)
  if (is_http_address(options.own.addresses.front())) {
    const auto opened = [&](const std::string& address, const public_key& key) {
      say_listening(report, options, address, key);
      if (!options.address_file.empty()) write_address_file(options.address_file, address);
    };
    auto calls =
        listen_over_http(options.own, options.minimum, options.trust, options.tls, report, opened, stop);
    co_return co_await std::move(calls);
  }
#endif
  options.own.check_aead();
  endpoint self = options.own.open(options.trust);
  const auto scraped = options.own.watched.serve_metrics(executor, self);
  const result<public_key> key = co_await self.load();
  if (!key) throw failure(key.error(), options.own.store.path() + ": " + key.error().message());
  const std::string& address = options.own.addresses.front();
  result<listen_address> where = listen_address_from(address, {}, options.tls);
  if (!where)
    throw failure(where.error(), address + ": an address is any://HOST:PORT, " + std::string(address_forms));

#if defined(COSEAL_HAVE_HTTP)
  // The calls that come by HTTP where everything does.
  where = where->answered_by(echo_or_notice(echo_server(self, options.minimum, report)));
#endif
  accept_options accepting;
  accepting.minimum_level(options.minimum).aead(options.own.aead);
  accepting.on_refused(
      [report, &options](std::error_code cause, const std::string& peer, const std::string& why) {
        say_refused(report, options, cause, peer, why);
      });
  std::optional<listener> open;
  try {
    open.emplace(executor, self, *where, accepting);
  } catch (const std::system_error& failed) {
    std::string text = "can not listen on " + address + ": " + failed.what();
    if (failed.code() == errc::certificate_unusable)
      text += "\n  --cert " + options.tls.certificate_file + " --key " + options.tls.key_file;
    throw failure(failed.code(), text);
  }
  say_listening(report, options, open->address(), *key);
  if (!options.address_file.empty()) write_address_file(options.address_file, open->address());

  const operation_options until_stop = stop_on(stop);
  task_group serving(executor);
  exit_code code = exit_code::ok;
  std::optional<failure> failed;
  for (;;) {
    result<session> came = co_await open->accept(as_result, until_stop);
    if (!came) {
      if (!stop.stop_requested()) failed.emplace(came.error());
      code = options.once ? exit_code::interrupted : exit_code::ok;
      break;
    }
    say_session(report, came->info());
    if (options.once) {
      open->close();
      const exit_code ended = co_await serve_once(*std::move(came), options, stop);
      co_return ended;
    }
    serving.start(serve(*std::move(came), options, stop));
  }
  co_await serving.wait();
  if (failed) throw failure(*failed);
  co_return code;
}

}  // namespace

void add_listen_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* command = app.add_subcommand("listen", "Accept sessions and write what comes to standard output");
  auto options = std::make_shared<listen_options>();
  options->own.add_to(
      *command,
      ("any://HOST:PORT (sessions over TCP and WebSocket on one port), " + std::string(address_forms) +
       "; port 0 lets the system choose. http://HOST:PORT answers calls with what they bring")
          .c_str());
  command
      ->add_option("--cert", options->tls.certificate_file,
                   "The certificate that tls:// and wss:// show, then those up to its authority, PEM")
      ->type_name("FILE");
  command->add_option("--key", options->tls.key_file, "Its private key, PEM")->type_name("FILE");
  options->own.watched.add_metrics_to(*command);
  add_level(*command, "--minimum-level", options->minimum, "Refuse sessions below this level");
  add_pin_policy(*command, options->trust);
  command
      ->add_option("--ledger", options->ledger, "A known peer that comes back at a weaker level than before")
      ->check(CLI::IsMember({"refuse", "refuse-unauthenticated", "allow"}))
      ->capture_default_str();
  command->add_flag("--once", options->once,
                    "End with the first session; standard input is sent to its peer");
  command
      ->add_option("--file", options->file, "Write what comes to this file and send nothing; implies --once")
      ->type_name("FILE");
  command
      ->add_option("--address-file", options->address_file, "Write the address to this file once it is open")
      ->type_name("FILE");
  command->add_flag("--sha256", options->digests, "Print the SHA-256 of what was sent and received");
  command->callback([&chosen, options] {
    options->once = options->once || !options->file.empty();
    options->trust.ledger = options->ledger == "allow"    ? level_ledger_policy::allow
                            : options->ledger == "refuse" ? level_ledger_policy::refuse
                                                          : level_ledger_policy::refuse_unauthenticated;
    chosen = [options] {
      return run_until_signal([&](std::stop_token stop) { return listen(*options, std::move(stop)); });
    };
  });
}

}  // namespace coseal::tool
