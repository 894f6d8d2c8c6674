#include "options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdint>
#include <map>

namespace coseal::bench {
namespace {

constexpr auto description =
    "Measures coseal on this machine, beside what plain Asio reaches in the same minute.\n"
    "\n"
    "Every figure is the median of several rounds. A round runs back to back: the baseline (plain Asio, "
    "written as a\n"
    "good programmer would: coroutines, hand-batched), the subject (coseal through its public session API) "
    "and the\n"
    "floor (the same records, sealed with the same backend in hand-written loops over raw sockets, no "
    "session).\n"
    "\n"
    "  ratio        subject / baseline of the same round; absolute rates drift, this does not\n"
    "  floor ratio  subject / floor: what the session costs beyond cipher and kernel\n"
    "  spread       (largest - smallest) / median of the subject's rates; above 20 % the machine was not "
    "quiet\n";

constexpr auto examples =
    "Examples:\n"
    "  coseal-bench stream                                    all levels over TCP at 64 B to 64 KiB\n"
    "  coseal-bench stream --level encrypted --size 64,1k --aead libsodium\n"
    "  coseal-bench stream --carrier unix --plot stream.svg\n"
    "  coseal-bench request --outstanding 256\n"
    "  coseal-bench connect --level encrypted\n"
    "  coseal-bench idle --connections 10000\n"
    "  coseal-bench micro --json\n"
    "\n"
    "Run it on a quiet machine with at least two cores. COSEAL_AEAD chooses the AES-256-GCM backend as it "
    "does for\n"
    "every program that uses coseal; --aead overrides it.\n";

struct raw_text {
  std::vector<std::string> levels;
  std::vector<std::string> carriers;
  std::vector<std::string> forms;
  std::vector<std::uint64_t> sizes;
};

void add_rounds(CLI::App& command, options& o) {
  command.add_option("--runs", o.runs, "Rounds to take the median of")
      ->check(CLI::Range(5, 1000))
      ->capture_default_str();
  command.add_option("--seconds", o.seconds, "Length of one run, after a warm-up of a quarter of it")
      ->check(CLI::Range(0.01, 600.0))
      ->capture_default_str();
}

void add_report(CLI::App& command, options& o) {
  command.add_flag("--json", o.json,
                   "One JSON object a line on standard output; the head goes to standard error");
  command.add_option("--plot", o.plot_file, "Also draw a bar chart into this SVG file")
      ->type_name("FILE.svg");
  command.add_option("--aead", o.aead, "AES-256-GCM backend: ipsec-mb, libsodium or wolfssl")
      ->type_name("NAME");
}

void add_levels(CLI::App& command, raw_text& text) {
  command.add_option("--level", text.levels, "none, authenticated, encrypted or all; repeatable [all]")
      ->delimiter(',')
      ->check(CLI::IsMember({"none", "authenticated", "encrypted", "all"}))
      ->type_name("LEVEL");
}

void add_connection(CLI::App& command, options& o, raw_text& text, bool with_memory) {
  std::vector<std::string> names = {"tcp", "unix", "ws", "tls", "wss"};
  if (with_memory) names.emplace_back("memory");
  command.add_option("--carrier", text.carriers, "What the bytes go over; repeatable [tcp]")
      ->delimiter(',')
      ->check(CLI::IsMember(names))
      ->type_name("CARRIER");
  command
      .add_option(
          "--congestion", o.congestion,
          "TCP congestion control of subject, baseline and floor [cubic where the kernel has it]; \"system\" "
          "leaves the system's")
      ->type_name("NAME");
  command.add_flag("!--no-pin", o.pin, "Let the kernel move the two threads between cores");
}

void add_sizes(CLI::App& command, raw_text& text, const char* help, std::uint64_t smallest) {
  command.add_option("--size", text.sizes, help)
      ->delimiter(',')
      ->transform(CLI::AsSizeValue(false))
      ->check(CLI::Range(smallest, std::uint64_t{16} << 20))
      ->type_name("BYTES");
}

std::vector<security_level> levels_from(const std::vector<std::string>& names) {
  std::vector<security_level> levels;
  for (const auto level : {security_level::none, security_level::authenticated, security_level::encrypted}) {
    const auto named = [&](const std::string& name) { return name == "all" || name == to_string(level); };
    if (names.empty() || std::any_of(names.begin(), names.end(), named)) levels.push_back(level);
  }
  return levels;
}

std::vector<carrier_kind> carriers_from(const std::vector<std::string>& names) {
  static const std::map<std::string, carrier_kind> known = {
      {"tcp", carrier_kind::tcp}, {"unix", carrier_kind::unix_socket},  {"ws", carrier_kind::websocket},
      {"tls", carrier_kind::tls}, {"wss", carrier_kind::websocket_tls}, {"memory", carrier_kind::memory}};
  std::vector<carrier_kind> carriers;
  for (const auto& name : names) carriers.push_back(known.at(name));
  if (carriers.empty()) carriers.push_back(carrier_kind::tcp);
  return carriers;
}

std::vector<api_form> forms_from(const std::vector<std::string>& names) {
  std::vector<api_form> forms;
  for (const auto form : {api_form::batch, api_form::single}) {
    const auto named = [&](const std::string& name) { return name == "all" || name == to_string(form); };
    if (names.empty() || std::any_of(names.begin(), names.end(), named)) forms.push_back(form);
  }
  return forms;
}

void fill_defaults(options& o, const raw_text& text) {
  o.levels = levels_from(text.levels);
  o.carriers = carriers_from(text.carriers);
  o.forms = forms_from(text.forms);
  o.sizes.assign(text.sizes.begin(), text.sizes.end());
  if (o.sizes.empty() && (o.scenario == "stream" || o.scenario == "micro"))
    o.sizes = {64, 1024, 16384, 65536};
  if (o.sizes.empty() && o.scenario == "http") o.sizes = {64, 16384};
  if (o.sizes.empty()) o.sizes = {64};
  if (o.connections == 0)
    o.connections = o.scenario == "connect" || o.scenario == "resume" || o.scenario == "http" ? 32 : 10'000;
}

}  // namespace

std::string_view to_string(carrier_kind carrier) noexcept {
  switch (carrier) {
    case carrier_kind::tcp:
      return "tcp";
    case carrier_kind::unix_socket:
      return "unix";
    case carrier_kind::websocket:
      return "ws";
    case carrier_kind::tls:
      return "tls";
    case carrier_kind::websocket_tls:
      return "wss";
    case carrier_kind::memory:
      return "memory";
  }
  return "?";
}

std::string_view to_string(api_form form) noexcept {
  return form == api_form::batch ? "batch" : "single";
}

std::chrono::nanoseconds options::run_length() const {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

std::optional<options> parse_options(int argc, char** argv, int& exit_code) {
  options o;
  raw_text text;
  CLI::App app(description, "coseal-bench");
  app.footer(examples);
  app.require_subcommand(1);

  auto* stream =
      app.add_subcommand("stream", "Messages a second that reach the receiving application, one way");
  add_levels(*stream, text);
  add_connection(*stream, o, text, true);
  add_sizes(*stream, text, "Message sizes, e.g. 64,1k,16k [64,1k,16k,64k]", 1);
  stream
      ->add_option("--api", text.forms,
                   "batch (send_some), single (one co_await send a message) or all [all]")
      ->delimiter(',')
      ->check(CLI::IsMember({"batch", "single", "all"}))
      ->type_name("FORM");
  add_rounds(*stream, o);
  add_report(*stream, o);

  auto* request =
      app.add_subcommand("request", "Replies a second with many requests under way on one connection");
  add_levels(*request, text);
  add_connection(*request, o, text, true);
  add_sizes(*request, text, "Sizes of request and reply [64]", 1);
  request->add_option("--outstanding", o.outstanding, "Requests under way")
      ->check(CLI::Range(1, 100'000))
      ->capture_default_str();
  add_rounds(*request, o);
  add_report(*request, o);

  auto* call = app.add_subcommand("call", "Typed calls of a channel a second, beside request's plain Asio");
  add_levels(*call, text);
  add_connection(*call, o, text, true);
  add_sizes(*call, text, "Sizes of the bytes in call and reply [64]", 1);
  call->add_option("--outstanding", o.outstanding, "Calls under way [64]")->check(CLI::Range(1, 1000));
  add_rounds(*call, o);
  add_report(*call, o);
#if defined(COSEAL_HAVE_HTTP)
  auto* http =
      app.add_subcommand("http",
                         "Calls a second over HTTP, each caller on a kept connection; baseline: the same "
                         "server and client without security");
  add_levels(*http, text);
  add_sizes(*http, text, "Sizes of call and answer [64,16k]", 1);
  http->add_option("--connections", o.connections, "Calls at once [32]")->check(CLI::Range(1, 1000));
  http->add_flag("!--no-pin", o.pin, "Let the kernel move the two threads between cores");
  add_rounds(*http, o);
  add_report(*http, o);
#endif

  auto* ping =
      app.add_subcommand("ping", "Round trips a second, one at a time: two threads, then both ends on one");
  add_levels(*ping, text);
  add_connection(*ping, o, text, true);
  add_sizes(*ping, text, "Sizes of request and reply [64]", 1);
  add_rounds(*ping, o);
  add_report(*ping, o);

  auto* connect =
      app.add_subcommand("connect", "New connections a second, mutually authenticated, both ends here");
  add_levels(*connect, text);
  add_connection(*connect, o, text, false);
  connect->add_option("--connections", o.connections, "Connections being made at once [32]")
      ->check(CLI::Range(1, 10'000));
  add_rounds(*connect, o);
  add_report(*connect, o);

  auto* resume = app.add_subcommand(
      "resume", "Sessions resumed a second, both ends here; baseline: full handshakes of the same run");
  add_levels(*resume, text);
  add_connection(*resume, o, text, false);
  resume->add_option("--connections", o.connections, "Sessions being resumed at once [32]")
      ->check(CLI::Range(1, 10'000));
  add_rounds(*resume, o);
  add_report(*resume, o);

  auto* idle =
      app.add_subcommand("idle", "Memory of a server for each idle connection; clients in a second process");
  add_levels(*idle, text);
  add_connection(*idle, o, text, true);
  idle->add_option("--connections", o.connections, "Idle connections [10000]")
      ->check(CLI::Range(1, 1'000'000));
  idle->add_flag("--hibernated", o.hibernated,
                 "Sessions that hibernate; also the kernel's memory, and how long they take to wake");
  add_report(*idle, o);

  auto* micro = app.add_subcommand("micro", "Seal, open and handshake in memory, without a socket");
  add_sizes(*micro, text, "Sizes to seal and open [64,1k,16k,64k]", 1);
  add_rounds(*micro, o);
  add_report(*micro, o);

  // The processes of `idle`: each measurement needs a heap that nothing has used before, and clients
  // elsewhere.
  for (const auto* name : {"idle-server", "idle-clients"}) {
    auto* part = app.add_subcommand(name)->group("");
    add_levels(*part, text);
    add_connection(*part, o, text, true);
    add_report(*part, o);
    part->add_option("--connections", o.connections);
    part->add_option("--address", o.address);
    part->add_flag("--plain", o.plain);
    part->add_flag("--hibernated", o.hibernated);
  }

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& mistake) {
    exit_code = app.exit(mistake) == 0 ? 0 : 2;
    return std::nullopt;
  }
  o.scenario = app.get_subcommands().front()->get_name();
  fill_defaults(o, text);
  return o;
}

}  // namespace coseal::bench
