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

}  // namespace

void store_option::add_to(CLI::App& command) {
  command.add_option("--store", given_, "Where identity and pins live [$XDG_STATE_HOME/coseal/identity]")
      ->type_name("FILE");
}

std::string store_option::path() const {
  return given_.empty() ? (state_directory() / "coseal" / "identity").string() : given_;
}

std::shared_ptr<storage> store_option::open() const {
  if (given_.empty()) {
    const auto directory = state_directory() / "coseal";
    std::error_code failed;
    if (std::filesystem::create_directories(directory, failed))
      std::filesystem::permissions(directory, std::filesystem::perms::owner_all, failed);
    if (failed)
      throw failure(exit_code::storage, "can not make " + directory.string() + ": " + failed.message() +
                                            "; say where the identity lives with --store FILE");
  }
  return file_storage(path());
}

std::string store_option::as_argument() const {
  if (given_.empty()) return {};
  std::string quoted = " --store '";
  for (const char c : given_) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

failure store_option::failed(std::error_code cause) const {
  return failure(cause, path() + ": " + cause.message());
}

}  // namespace coseal::tool
