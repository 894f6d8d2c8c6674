#pragma once

#include "http/body_reader.hpp"
#include "http/head_guard.hpp"
#include "http/message.hpp"
#include "http/pace.hpp"

#include <coseal/asio.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace coseal::http {

/// Answers one request. What it throws is answered with 500.
using handler = std::function<task<response>(request)>;

/// What a server lets its peers do and how long it waits for them.
struct server_options {
  server_options() {}

  head_limits head;
  body_limits body;
  std::chrono::milliseconds idle =
      std::chrono::seconds(60);  ///< for the first byte of a request; then silence
  std::chrono::milliseconds head_time = std::chrono::seconds(10);  ///< for the rest of its head; then 408
  pace body_pace;                                                  ///< of the body; else 408
  pace answer_pace;  ///< of a peer that takes the answer; else the end
  std::chrono::milliseconds linger = std::chrono::seconds(2);  ///< for the peer to read a refusal
  std::size_t linger_bytes = 4 * 1024 * 1024;  ///< read and dropped meanwhile: what clients had on its way
  std::size_t requests = 10'000;               ///< on one connection
  std::size_t connections = 1024;              ///< at once; one more hears 503

  /// Exact values of Host that are answered, else 421: what keeps a web page from reaching us under a name of
  /// its own (DNS rebinding). Empty: all.
  std::vector<std::string> hosts;
  /// Exact values of Origin whose web pages may ask, else 403. Empty: none. Requests that no page sent carry
  /// none.
  std::vector<std::string> origins;
  std::vector<std::string> cross_origin_methods{"GET", "HEAD", "POST"};  ///< that a preflight allows
  std::vector<std::string> cross_origin_fields{"Content-Type"};          ///< that a preflight allows
};

}  // namespace coseal::http
