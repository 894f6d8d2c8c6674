#include "commands.hpp"
#include "failure.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"
#include "store_option.hpp"

#include <coseal/error.hpp>
#include <coseal/pins.hpp>

#include <cstdio>
#include <ctime>
#include <memory>

namespace coseal::tool {
namespace {

struct pins_options {
  store_option store;
  bool connector = false;
  bool acceptor = false;
  std::string name;
  std::string key;
  bool json = false;

  reporter report() const { return reporter(json, stdout); }
  peer_role role() const { return acceptor ? peer_role::acceptor : peer_role::connector; }
  coordinate where() const {
    result<coordinate> parsed = coordinate::parse(name);
    if (!parsed || parsed->empty())
      throw failure(errc::invalid_coordinate,
                    name + ": " + make_error_code(errc::invalid_coordinate).message());
    return *std::move(parsed);
  }
};

const char* role_name(peer_role role) {
  return role == peer_role::acceptor ? "acceptor" : "connector";
}

std::string day(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  char text[16];
  ::gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%d", &parts);
  return text;
}

failure pin_storage_failure(std::error_code cause, const store_option& store) {
  return failure(cause, store.path() + ": " + cause.message());
}

failure no_such_pin(const pins_options& options) {
  return failure(exit_code::storage, "there is no pin for the " + std::string(role_name(options.role())) +
                                         " " + options.name + "; `coseal pins list" +
                                         options.store.as_argument() + "` shows what there is");
}

task<exit_code> list(const pins_options& options) {
  const result<std::vector<pin>> pins = co_await list_pins(options.store.open());
  if (!pins) throw pin_storage_failure(pins.error(), options.store);
  const reporter report = options.report();
  if (pins->empty() && !report.json()) std::puts("no pins");
  for (const pin& one : *pins) {
    json_line line("pin");
    line.add("role", role_name(one.role)).add("coordinate", one.where.to_string());
    line.add("fingerprint", one.key.fingerprint()).add("key", one.key.to_hex());
    line.add("first_seen", day(one.first_seen)).add("last_seen", day(one.last_seen));
    line.add("strongest", to_string(one.strongest)).add("revoked", one.revoked);
    report.say(line, std::string(role_name(one.role)) + " " + one.where.to_string() + "  " +
                         one.key.fingerprint() + "  first " + day(one.first_seen) + " last " +
                         day(one.last_seen) + "  strongest " + std::string(to_string(one.strongest)) +
                         (one.revoked ? "  REVOKED" : ""));
  }
  co_return exit_code::ok;
}

void say_done(const pins_options& options, const char* event, const std::string& text) {
  json_line line(event);
  line.add("role", role_name(options.role())).add("coordinate", options.name);
  options.report().say(line, text);
}

task<exit_code> forget(const pins_options& options) {
  const result<bool> was_there = co_await forget_pin(options.store.open(), options.role(), options.where());
  if (!was_there) throw pin_storage_failure(was_there.error(), options.store);
  if (!*was_there) throw no_such_pin(options);
  say_done(options, "forgotten", "forgot " + options.name + ": the next contact is a first one");
  co_return exit_code::ok;
}

task<exit_code> accept(const pins_options& options) {
  const result<public_key> key = public_key::from_hex(options.key);
  if (!key) {
    const bool fingerprint = options.key.rfind("SHA256:", 0) == 0;
    throw failure(errc::invalid_key,
                  fingerprint
                      ? "a fingerprint can not be pinned: give the key itself, 64 hexadecimal digits, as "
                        "the refusal or `coseal identity show` at the peer prints it"
                      : options.key + " is not a key: 64 hexadecimal digits");
  }
  const result<void> done = co_await accept_pin(options.store.open(), options.role(), options.where(), *key);
  if (!done) throw pin_storage_failure(done.error(), options.store);
  say_done(options, "accepted", options.name + " is now pinned to " + key->fingerprint());
  co_return exit_code::ok;
}

task<exit_code> revoke(const pins_options& options) {
  const result<bool> was_there = co_await revoke_pin(options.store.open(), options.role(), options.where());
  if (!was_there) throw pin_storage_failure(was_there.error(), options.store);
  if (!*was_there) throw no_such_pin(options);
  say_done(options, "revoked",
           options.name + " is refused from now on; `coseal pins accept` takes that back");
  co_return exit_code::ok;
}

}  // namespace

void add_pins_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* pins = app.add_subcommand("pins", "The peers that this identity knows by their keys");
  pins->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, auto run) {
    CLI::App* command = pins->add_subcommand(name, text);
    auto options = std::make_shared<pins_options>();
    options->store.add_to(*command);
    command->add_flag("--json", options->json, "One JSON object a line");
    command->callback([&chosen, options, run] {
      chosen = [options, run] { return run_until_signal([&](std::stop_token) { return run(*options); }); };
    });
    return std::pair(command, options);
  };
  add("list", "Show all pins", list);
  const auto [accepts, accept_options] =
      add("accept", "Pin this key by hand, after comparing fingerprints", accept);
  for (auto [command, options] : {add("forget", "Remove a pin: the next contact is a first one", forget),
                                  std::pair(accepts, accept_options),
                                  add("revoke", "Keep the pin and refuse its key from now on", revoke)}) {
    auto* role = command->add_option_group("role", "The role that the peer had");
    role->add_flag("--connector", options->connector, "The peer connected to us");
    role->add_flag("--acceptor", options->acceptor, "The peer accepted our connection");
    role->require_option(1);
    command->add_option("coordinate", options->name)->required()->type_name("COORDINATE");
  }
  accepts->add_option("key", accept_options->key, "The new key, 64 hexadecimal digits")
      ->required()
      ->type_name("KEY");
}

}  // namespace coseal::tool
