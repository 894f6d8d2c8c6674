#pragma once

#include "failure.hpp"

#include <coseal/storage.hpp>

#include <CLI/CLI.hpp>

#include <filesystem>
#include <memory>
#include <string>

namespace coseal::tool {

/// --store FILE: where identity and pins live; $XDG_STATE_HOME/coseal/identity
/// (~/.local/state/coseal/identity) by default.
class store_option {
 public:
  void add_to(CLI::App& command);
  /// Makes the default's directory (0700) if need be; the file is made by what first writes to it.
  std::shared_ptr<storage> open() const;
  std::string path() const;
  /// " --store FILE" where it was given: for commands that a person is told to run.
  std::string as_argument() const;
  /// What went wrong with it, for a person.
  failure failed(std::error_code cause) const;

 private:
  std::string given_;
};

}  // namespace coseal::tool
