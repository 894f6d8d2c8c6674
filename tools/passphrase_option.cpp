#include "passphrase_option.hpp"

#include "failure.hpp"

#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <memory>
#include <termios.h>
#include <unistd.h>

namespace coseal::tool {
namespace {

struct close_file {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};
using file_handle = std::unique_ptr<std::FILE, close_file>;

/// The terminal without echo while this lives.
class quiet_terminal {
 public:
  explicit quiet_terminal(int fd) : fd_(fd), changed_(::tcgetattr(fd, &before_) == 0) {
    if (!changed_) return;
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    changed_ = ::tcsetattr(fd, TCSAFLUSH, &quiet) == 0;
  }
  quiet_terminal(const quiet_terminal&) = delete;
  quiet_terminal& operator=(const quiet_terminal&) = delete;
  ~quiet_terminal() {
    if (changed_) ::tcsetattr(fd_, TCSAFLUSH, &before_);
  }
  bool quiet() const noexcept { return changed_; }

 private:
  int fd_;
  termios before_{};
  bool changed_;
};

std::string ask(std::FILE* terminal, const char* question) {
  const quiet_terminal quiet(::fileno(terminal));
  if (!quiet.quiet())
    throw failure(exit_code::usage, "the terminal does not hide what is typed; use --passphrase-file");
  std::fputs(question, terminal);
  std::fflush(terminal);
  char line[1024];
  if (std::fgets(line, sizeof line, terminal) == nullptr)
    throw failure(exit_code::usage, "no passphrase given");
  std::fputs("\n", terminal);
  std::string answer(line, std::strcspn(line, "\r\n"));
  ::explicit_bzero(line, sizeof line);
  return answer;
}

}  // namespace

void passphrase_option::add_to(CLI::App& command) {
  command
      .add_option("--passphrase-file", file_, "The first line is the passphrase; else the terminal is asked")
      ->type_name("FILE");
}

std::string passphrase_option::read(asking how) const {
  std::string passphrase;
  if (!file_.empty()) {
    std::ifstream in(file_);
    if (!in) throw failure(exit_code::storage, "can not read " + file_ + ": " + std::strerror(errno));
    std::getline(in, passphrase);
    if (!passphrase.empty() && passphrase.back() == '\r') passphrase.pop_back();
  } else {
    const file_handle terminal(std::fopen("/dev/tty", "r+"));
    if (!terminal)
      throw failure(exit_code::usage,
                    "there is no terminal to ask for the passphrase: use --passphrase-file FILE");
    std::setvbuf(terminal.get(), nullptr, _IONBF, 0);
    passphrase = ask(terminal.get(), "Passphrase: ");
    if (how == asking::twice && ask(terminal.get(), "Again: ") != passphrase)
      throw failure(exit_code::usage, "the two passphrases differ; nothing was written");
  }
  if (passphrase.empty()) throw failure(exit_code::usage, "the passphrase is empty");
  return passphrase;
}

}  // namespace coseal::tool
