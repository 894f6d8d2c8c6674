#pragma once
// Memory of a server for each idle connection. Three processes: `coseal-bench idle` starts, for each
// measurement, a fresh `idle-server`, whose heap nothing has used before; that starts `idle-clients`, so that
// the clients' memory is not the server's.

#include "options.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace coseal::bench {

/// What a process holds: pages in memory, and bytes that malloc has given out.
struct memory_in_use {
  double resident = 0;
  double heap = 0;

  static memory_in_use now();
};

/// Another process of this program; standard input and output are pipes to its parent.
class child_program {
 public:
  explicit child_program(const std::vector<std::string>& arguments);
  child_program(const child_program&) = delete;
  child_program& operator=(const child_program&) = delete;
  /// Closes its standard input and waits for its end.
  ~child_program();

  /// All that it prints until it ends or prints a newline; nothing if it ended without one.
  std::optional<std::string> read_line();

 private:
  int pid_ = -1;
  int to_child_ = -1;
  int from_child_ = -1;
};

/// The measurement of `idle --hibernated`, in a process of its own.
void serve_hibernated(const options& o);

/// Until the parent closes standard input. For a child that holds something.
void wait_for_end_of_input();

}  // namespace coseal::bench
