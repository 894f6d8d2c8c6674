#pragma once
// Calls over HTTP: so many at once, each on a kept connection of its own. Baseline is the same HTTP server
// and client without security.

#include "contest.hpp"

#include <coseal/security_level.hpp>

#include <chrono>
#include <cstddef>

namespace coseal::bench {

struct http_load {
  std::size_t connections = 32;
  std::size_t message_size = 64;
  security_level level = security_level::encrypted;
  std::chrono::nanoseconds warm_up{0};
  std::chrono::nanoseconds length{0};
  bool pin = true;
};

run_result http_plain(const http_load& load);
run_result http_exchange(const http_load& load);

}  // namespace coseal::bench
