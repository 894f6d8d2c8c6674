#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace coseal::tool {

/// --passphrase-file FILE, else a question on the terminal without echo.
class passphrase_option {
 public:
  enum class asking { once, twice };

  void add_to(CLI::App& command);
  std::string read(asking how) const;

 private:
  std::string file_;
};

}  // namespace coseal::tool
