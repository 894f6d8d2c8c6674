#include "idle.hpp"

#include <array>
#include <fcntl.h>
#include <fstream>
#include <malloc.h>
#include <spawn.h>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace coseal::bench {

memory_in_use memory_in_use::now() {
  malloc_trim(0);  // what was freed is not held
  memory_in_use m;
  double total_pages = 0, resident_pages = 0;
  std::ifstream("/proc/self/statm") >> total_pages >> resident_pages;
  m.resident = resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 33)
  const auto heap = mallinfo2();
  m.heap = static_cast<double>(heap.uordblks + heap.hblkhd);
#endif
  return m;
}

child_program::child_program(const std::vector<std::string>& arguments) {
  std::array<int, 2> in{}, out{};
  if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no pipe");
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::vector<char*> argv;
  std::string name = "coseal-bench";
  argv.push_back(name.data());
  for (const auto& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  const int failed = posix_spawn(&pid_, "/proc/self/exe", &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);
  to_child_ = in[1];
  from_child_ = out[0];
  if (failed != 0) throw std::runtime_error("can not start a second process of this program");
}

child_program::~child_program() {
  ::close(to_child_);
  ::close(from_child_);
  if (pid_ > 0) waitpid(pid_, nullptr, 0);
}

std::optional<std::string> child_program::read_line() {
  std::string line;
  for (char c = 0; ::read(from_child_, &c, 1) == 1;) {
    if (c == '\n') return line;
    line += c;
  }
  return std::nullopt;
}

void wait_for_end_of_input() {
  std::array<char, 64> ignored;
  while (::read(STDIN_FILENO, ignored.data(), ignored.size()) > 0) {
  }
}

}  // namespace coseal::bench
