#pragma once

#include "exit_code.hpp"

#include <stdexcept>
#include <string>
#include <system_error>

namespace coseal::tool {

/// Ends a command: what a person reads, what a script reads.
class failure : public std::runtime_error {
 public:
  failure(exit_code code, const std::string& message) : std::runtime_error(message), code_(code) {}
  /// `message` stands for the code's own text when it is not empty.
  failure(std::error_code cause, const std::string& message = {})
      : std::runtime_error(message.empty() ? cause.message() : message), code_(exit_code_of(cause)) {}

  exit_code code() const noexcept { return code_; }

 private:
  exit_code code_;
};

}  // namespace coseal::tool
