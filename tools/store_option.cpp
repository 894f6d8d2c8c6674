#include "store_option.hpp"

#include "failure.hpp"

#include <coseal/error.hpp>

#include <cstdlib>
#include <system_error>

namespace coseal::tool {
namespace {

std::filesystem::path state_directory() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state != nullptr && *state == '/') return state;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".local" / "state";
  throw failure(exit_code::usage,
                "neither XDG_STATE_HOME nor HOME is set: say where the identity lives with --store FILE");
}

/// "redis://user:password@host" without the password.
std::string without_password(std::string address) {
  const auto begin = address.find("://");
  const auto end = address.find('@');
  if (!address.starts_with("redis://") || end == std::string::npos) return address;
  const auto colon = address.find(':', begin + 3);
  return colon < end ? address.replace(colon + 1, end - colon - 1, "***") : address;
}

}  // namespace

void store_option::add_to(CLI::App& command) {
  command
      .add_option("--store", given_,
                  "Where identity and pins live: a file, sqlite:PATH, "
                  "redis://[user:password@]HOST[:PORT][/DATABASE], "
                  "redis+unix:///PATH or memory: (gone at the end) [$COSEAL_STORE, else "
                  "$XDG_STATE_HOME/coseal/identity]")
      ->type_name("STORE");
}

std::string store_option::address() const {
  if (!given_.empty()) return given_;
  const char* everywhere = std::getenv("COSEAL_STORE");
  return everywhere != nullptr ? everywhere : "";
}

std::string store_option::path() const {
  const std::string named = address();
  return named.empty() ? (state_directory() / "coseal" / "identity").string() : without_password(named);
}

std::shared_ptr<storage> store_option::open() const {
  const std::string named = address();
  if (!named.empty()) {
    const result<std::shared_ptr<storage>> opened = storage_from(named);
    if (!opened)
      throw failure(opened.error(),
                    "--store " + path() +
                        ": a store is a file, sqlite:PATH, redis://HOST, redis+unix:///PATH or memory:, "
                        "as far as this build has them");
    return *opened;
  }
  const auto directory = state_directory() / "coseal";
  std::error_code failed;
  if (std::filesystem::create_directories(directory, failed))
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
  if (failed)
    throw failure(exit_code::storage, "can not make " + directory.string() + ": " + failed.message() +
                                          "; say where the identity lives with --store FILE");
  return file_storage(path());
}

std::string store_option::as_argument() const {
  if (given_.empty()) return {};
  std::string quoted = " --store '";
  for (const char c : path()) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

failure store_option::failed(std::error_code cause) const {
  return failure(cause, path() + ": " + cause.message());
}

}  // namespace coseal::tool
