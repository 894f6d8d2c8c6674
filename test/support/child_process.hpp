#pragma once

#include <cerrno>
#include <csignal>
#include <functional>
#include <stdexcept>
#include <sys/wait.h>
#include <unistd.h>

namespace coseal::test {

/// A fork of this process that runs `body` and exits with what it returns, without unwinding the test in it.
/// Killed if nobody waited for it.
class child_process {
 public:
  explicit child_process(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ < 0) throw std::runtime_error("fork failed");
    if (pid_ > 0) return;
    int status = 99;
    try {
      status = body();
    } catch (...) {
    }
    ::_exit(status);
  }
  child_process(child_process&& other) noexcept : pid_(other.pid_) { other.pid_ = -1; }
  child_process& operator=(child_process&&) = delete;
  ~child_process() {
    if (pid_ <= 0) return;
    kill();
    wait();
  }

  void kill() const { signal(SIGKILL); }
  void signal(int which) const { ::kill(pid_, which); }
  /// The exit status, or 128 + the signal that ended it.
  int wait() {
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0)
      if (errno != EINTR) throw std::runtime_error("waitpid failed");
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

 private:
  pid_t pid_;
};

}  // namespace coseal::test
