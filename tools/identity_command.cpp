#include "commands.hpp"
#include "failure.hpp"
#include "passphrase_option.hpp"
#include "private_file.hpp"
#include "reporter.hpp"
#include "run_until_signal.hpp"
#include "store_option.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/error.hpp>
#include <coseal/identity.hpp>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <unistd.h>
#include <vector>

namespace coseal::tool {
namespace {

struct identity_options {
  store_option store;
  passphrase_option passphrase;
  std::string file;
  std::string environment;
  bool json = false;

  reporter report() const { return reporter(json, stdout); }
};

void say_identity(const reporter& report, const char* event, const provisioned_identity& identity,
                  const store_option& store) {
  json_line line(event);
  line.add("store", store.path()).add("instance", identity.instance);
  line.add("fingerprint", identity.key.fingerprint())
      .add("key", identity.key.to_hex())
      .add("created", identity.created);
  report.say(line, "instance     " + identity.instance + "\nfingerprint  " + identity.key.fingerprint() +
                       "\nkey          " + identity.key.to_hex() + "\nstore        " + store.path());
}

task<exit_code> provision(const identity_options& options, bool must_be_new) {
  const result<provisioned_identity> made = co_await provision_identity(options.store.open());
  if (!made) throw options.store.failed(made.error());
  if (must_be_new && !made->created)
    throw failure(errc::identity_exists,
                  options.store.path() + " holds an identity already (" + made->key.fingerprint() +
                      "); it was left as it is. `coseal identity show" + options.store.as_argument() +
                      "` shows it; another --store keeps another one");
  say_identity(options.report(), "identity", *made, options.store);
  co_return exit_code::ok;
}

task<exit_code> show(const identity_options& options) {
  const std::shared_ptr<storage> store = options.store.open();
  endpoint self(coordinate("coseal"), store, identity_mode::required);
  const result<public_key> key = co_await self.load();
  if (!key && key.error() == errc::identity_missing)
    throw failure(key.error(), options.store.path() + " holds no identity; `coseal identity new" +
                                   options.store.as_argument() + "` makes one");
  if (!key) throw options.store.failed(key.error());
  const result<provisioned_identity> found = co_await provision_identity(store);
  if (!found) throw options.store.failed(found.error());
  say_identity(options.report(), "identity", *found, options.store);
  co_return exit_code::ok;
}

task<exit_code> rotate(const identity_options& options) {
  const result<coordinate> who = coordinate::parse(options.environment);
  if (!who || who->empty())
    throw failure(errc::invalid_coordinate, "--as " + options.environment + ": not a coordinate");
  const result<public_key> key = co_await rotate_identity(options.store.open(), *who);
  if (!key) throw options.store.failed(key.error());
  json_line line("rotated");
  line.add("coordinate", who->to_string()).add("fingerprint", key->fingerprint()).add("key", key->to_hex());
  options.report().say(line, "new key      " + key->to_hex() + "\nfingerprint  " + key->fingerprint() +
                                 "\npeers that pinned the old key of " + who->to_string() +
                                 " follow by themselves");
  co_return exit_code::ok;
}

task<exit_code> export_to_file(const identity_options& options) {
  const std::shared_ptr<storage> store = options.store.open();
  std::string passphrase = options.passphrase.read(passphrase_option::asking::twice);
  const result<std::vector<std::byte>> box = co_await export_identity(store, std::move(passphrase));
  if (!box && box.error() == errc::identity_missing)
    throw failure(box.error(), options.store.path() + " holds no identity to export");
  if (!box) throw options.store.failed(box.error());
  write_private_file(options.file, *box);
  json_line line("exported");
  line.add("file", options.file).add("bytes", box->size());
  options.report().say(
      line, "wrote " + options.file + "; with the passphrase it is this identity: keep both apart");
  co_return exit_code::ok;
}

task<exit_code> import_from_file(const identity_options& options) {
  std::ifstream in(options.file, std::ios::binary);
  if (!in) throw failure(exit_code::storage, "can not read " + options.file + ": " + std::strerror(errno));
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const auto bytes = std::as_bytes(std::span(text));
  std::vector<std::byte> box(bytes.begin(), bytes.end());
  std::string passphrase = options.passphrase.read(passphrase_option::asking::once);
  const result<provisioned_identity> taken =
      co_await import_identity(options.store.open(), std::move(box), std::move(passphrase));
  if (!taken && taken.error() == errc::wrong_passphrase)
    throw failure(taken.error(),
                  options.file + " does not open: another passphrase, or not an exported identity");
  if (!taken && taken.error() == errc::identity_exists)
    throw failure(
        taken.error(),
        options.store.path() + " holds another identity, which is never overwritten; name a new --store");
  if (!taken && taken.error() == condition::malformed)
    throw failure(exit_code::storage, options.file + " is not an exported identity");
  if (!taken) throw options.store.failed(taken.error());
  say_identity(options.report(), "imported", *taken, options.store);
  co_return exit_code::ok;
}

}  // namespace

void add_identity_command(CLI::App& app, chosen_command& chosen) {
  CLI::App* identity = app.add_subcommand("identity", "Make, show, rotate, export or import an identity");
  identity->require_subcommand(1);
  const auto add = [&](const char* name, const char* text, auto run) {
    CLI::App* command = identity->add_subcommand(name, text);
    auto options = std::make_shared<identity_options>();
    options->store.add_to(*command);
    command->add_flag("--json", options->json, "One JSON object a line");
    command->callback([&chosen, options, run] {
      chosen = [options, run] { return run_until_signal([&](std::stop_token) { return run(*options); }); };
    });
    return std::pair(command, options);
  };
  add("new", "Make an identity; an error if there is one",
      [](const identity_options& options) { return provision(options, true); });
  add("provision", "Make an identity unless there is one: idempotent",
      [](const identity_options& options) { return provision(options, false); });
  add("show", "Show instance, fingerprint and public key", show);
  const auto [rotates, rotate_options] =
      add("rotate", "Put a new key in place of the old one; peers that pinned the old one follow", rotate);
  rotates->add_option("--as", rotate_options->environment, "Whom peers pinned the old key as")
      ->required()
      ->type_name("ENVIRONMENT");
  for (auto [command, options] :
       {add("export", "Write the identity to FILE, sealed with a passphrase", export_to_file),
        add("import", "Take over the identity that `export` wrote", import_from_file)}) {
    command->add_option("file", options->file)->required()->type_name("FILE");
    options->passphrase.add_to(*command);
  }
}

}  // namespace coseal::tool
