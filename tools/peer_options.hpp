#pragma once

#include "observe_options.hpp"
#include "store_option.hpp"

#include <coseal/endpoint.hpp>
#include <coseal/security_level.hpp>

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <vector>

namespace coseal::tool {

/// The addresses that the commands take, for people.
inline constexpr const char* address_forms =
    "tcp://HOST:PORT, tls://HOST:PORT, ws://HOST:PORT[/PATH], wss://HOST:PORT[/PATH], HOST:PORT or "
    "unix:PATH; "
    "for calls alone http://HOST:PORT[/PATH] or https://HOST:PORT[/PATH]";

/// What listen, connect and ping have in common: who we are, where it is kept, how we speak.
struct own_options {
  std::vector<std::string> addresses;
  std::string environment;
  store_option store;
  std::string aead;
  bool json = false;
  observe_options watched;

  explicit own_options(std::string default_environment) : environment(std::move(default_environment)) {}
  void add_to(CLI::App& command, const char* address_text, std::size_t most_addresses = 1);
  /// Throws failure.
  endpoint open(trust_options trust) const;
  /// Throws failure if AES-256-GCM does not work here, before anybody is bothered.
  void check_aead() const;
};

/// --level or --minimum-level.
void add_level(CLI::App& command, const char* name, security_level& level, const char* text);
/// --pinned-only.
void add_pin_policy(CLI::App& command, trust_options& trust);

}  // namespace coseal::tool
