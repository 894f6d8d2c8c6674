#include "commands.hpp"
#include "failure.hpp"
#include "json_line.hpp"

#include <coseal/error.hpp>
#include <coseal/version.hpp>

#include <CLI/CLI.hpp>

#include <csignal>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <unistd.h>

namespace coseal::tool {
namespace {

/// A closed standard descriptor would be reused by the first file that is opened, and then be read or written
/// as if it were the standard one.
void open_standard_descriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd)
    if (::fcntl(fd, F_GETFD) < 0 && ::open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd)
      ::_exit(1);
}

/// Errors go to standard error in the form that was asked for.
int say_error(bool json, exit_code code, const std::string& message) {
  json_line line("error");
  line.add("message", message).add("exit", static_cast<int>(code));
  std::fprintf(stderr, "%s\n", json ? line.text().c_str() : ("coseal: " + message).c_str());
  return static_cast<int>(code);
}

int run(int argc, char** argv) {
  CLI::App app("Secure channels between two programs: identities, pins, sessions");
  app.name("coseal");
  app.set_version_flag("--version", "coseal " + std::to_string(version_major) + "." +
                                        std::to_string(version_minor) + "." + std::to_string(version_patch) +
                                        " (protocol coseal/" + std::to_string(protocol_version) + ")");
  app.footer(exit_code_table());
  app.require_subcommand(1);
  chosen_command chosen;
  add_identity_command(app, chosen);
  add_pins_command(app, chosen);
  add_sessions_command(app, chosen);
  add_listen_command(app, chosen);
  add_connect_command(app, chosen);
  add_ping_command(app, chosen);
#if defined(COSEAL_HAVE_JSON)
  add_call_command(app, chosen);
  add_watch_command(app, chosen);
#endif
  add_channel_command(app, chosen);

  bool json = false;
  for (int i = 1; i < argc; ++i) json = json || std::string_view(argv[i]) == "--json";
  try {
    app.parse(argc, argv);
    return static_cast<int>(chosen());
  } catch (const CLI::ParseError& wrong) {
    if (wrong.get_exit_code() == 0) return app.exit(wrong);
    return say_error(json, exit_code::usage,
                     wrong.what() + std::string("\nRun with --help for more information."));
  } catch (const failure& failed) {
    return say_error(json, failed.code(), failed.what());
  } catch (const std::system_error& failed) {
    return say_error(json, exit_code_of(failed.code()), failed.what());
  } catch (const std::exception& failed) {
    return say_error(json, exit_code::machine, failed.what());
  }
}

}  // namespace
}  // namespace coseal::tool

int main(int argc, char** argv) {
  coseal::tool::open_standard_descriptors();
  std::signal(SIGPIPE, SIG_IGN);
  return coseal::tool::run(argc, argv);
}
