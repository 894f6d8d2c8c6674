#pragma once

#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::bench {

enum class carrier_kind { tcp, unix_socket, websocket, tls, websocket_tls, memory };
std::string_view to_string(carrier_kind carrier) noexcept;

/// Which form of the session's calls is measured.
enum class api_form {
  batch,   ///< send_some with many messages a call
  single,  ///< one co_await send a message
};
std::string_view to_string(api_form form) noexcept;

/// What the command line asks for; main.cpp fills in what a scenario leaves open.
struct options {
  std::string scenario;
  std::vector<security_level> levels;
  std::vector<carrier_kind> carriers;
  std::vector<std::size_t> sizes;
  std::vector<api_form> forms;
  std::string aead;          ///< backend name, of subject and floor alike
  bool aead_forced = false;  ///< --aead was given; else `micro` shows all
  std::string congestion;    ///< TCP_CONGESTION of subject, baseline and floor; empty: the system's
  std::size_t outstanding = 64;
  std::size_t connections = 0;
  int runs = 5;
  double seconds = 0.5;
  bool pin = true;
  bool json = false;
  std::string plot_file;

  // The client process of `idle`.
  std::string address;
  bool plain = false;
  bool hibernated = false;  // of `idle` itself, too

  std::chrono::nanoseconds run_length() const;
  std::chrono::nanoseconds warm_up() const { return run_length() / 4; }
};

/// The options, or the exit code of --help and of a mistake on the command line, which has been printed.
std::optional<options> parse_options(int argc, char** argv, int& exit_code);

}  // namespace coseal::bench
