#pragma once

#include "failure.hpp"

#include <coseal/storage.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace coseal::tool {

/// --store STORE: where identity and pins live, as storage_from() takes it; else $COSEAL_STORE, which keeps
/// the password of a Redis out of the arguments, else the file $XDG_STATE_HOME/coseal/identity
/// (~/.local/state/coseal/identity).
class store_option {
 public:
  void add_to(CLI::App& command);
  /// Makes the default's directory (0700) if need be; a file is made by what first writes to it. Throws
  /// failure.
  std::shared_ptr<storage> open() const;
  /// For people: without the password of a Redis.
  std::string path() const;
  /// " --store STORE" where it was given: for commands that a person is told to run.
  std::string as_argument() const;
  /// What went wrong with it, for a person.
  failure failed(std::error_code cause) const;

 private:
  std::string address() const;

  std::string given_;
};

}  // namespace coseal::tool
