#include "commands.hpp"
#include "failure.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"
#include "session_id_text.hpp"
#include "store_option.hpp"

#include <coseal/error.hpp>
#include <coseal/sessions.hpp>

#include <array>
#include <cstdio>
#include <ctime>
#include <memory>
#include <string_view>

namespace coseal::tool {
namespace {

struct sessions_options {
  store_option store;
  std::string id;
  bool json = false;

  reporter report() const { return reporter(json, stdout); }
};

using id_bytes = std::array<std::byte, 16>;

id_bytes id_from(const std::string& text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  id_bytes id{};
  const bool fits = text.size() == 2 * id.size() && text.find_first_not_of(digits) == std::string::npos;
  if (!fits) throw failure(exit_code::usage, text + " is not a session id: 32 hexadecimal digits");
  for (std::size_t i = 0; i < id.size(); ++i)
    id[i] = static_cast<std::byte>(digits.find(text[2 * i]) << 4 | digits.find(text[2 * i + 1]));
  return id;
}

std::string minute(std::chrono::system_clock::time_point when) {
  const std::time_t seconds = std::chrono::system_clock::to_time_t(when);
  std::tm parts{};
  char text[32];
  ::gmtime_r(&seconds, &parts);
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%MZ", &parts);
  return text;
}

task<exit_code> list_sessions(const sessions_options& options) {
  const auto sessions = co_await list_kept_sessions(options.store.open());
  if (!sessions) throw options.store.failed(sessions.error());
  const reporter report = options.report();
  if (sessions->empty() && !report.json()) std::puts("no sessions are kept");
  for (const kept_session& one : *sessions) {
    const bool expired = one.expires <= std::chrono::system_clock::now();
    json_line line("session");
    line.add("name", one.name).add("id", session_id_text(one.session_id)).add("peer", one.peer.to_string());
    line.add("fingerprint", one.peer_key.fingerprint()).add("level", to_string(one.level));
    line.add("expires", minute(one.expires)).add("expired", expired);
    report.say(line, one.name + "  " + session_id_text(one.session_id) + "  " + one.peer.to_string() + "  " +
                         std::string(to_string(one.level)) + "  " + (expired ? "expired " : "until ") +
                         minute(one.expires));
  }
  co_return exit_code::ok;
}

task<exit_code> revoke_one(const sessions_options& options) {
  const auto done = co_await revoke_session(options.store.open(), id_from(options.id));
  if (!done) throw options.store.failed(done.error());
  json_line line("revoked");
  line.add("id", options.id);
  options.report().say(line, options.id + " is not resumed any more; its peer may begin another session");
  co_return exit_code::ok;
}

}  // namespace

void add_sessions_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* sessions = app.add_subcommand("sessions", "What sessions can be resumed");
  sessions->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, auto run) {
    CLI::App* command = sessions->add_subcommand(name, text);
    auto options = std::make_shared<sessions_options>();
    options->store.add_to(*command);
    command->add_flag("--json", options->json, "One JSON object a line");
    command->callback([&chosen, options, run] {
      chosen = [options, run] { return run_until_signal([&](std::stop_token) { return run(*options); }); };
    });
    return std::pair(command, options);
  };
  add("list", "Show the sessions that this store keeps as a connector", list_sessions);
  const auto [command, options] =
      add("revoke", "As an acceptor: never resume this session again", revoke_one);
  command->add_option("id", options->id, "32 hexadecimal digits")->required()->type_name("ID");
}

}  // namespace coseal::tool
