#pragma once

#include "http/body_reader.hpp"
#include "http/head_guard.hpp"
#include "http/message.hpp"
#include "http/pace.hpp"

#include <coseal/asio.hpp>
#include <coseal/carrier.hpp>
#include <coseal/clock.hpp>
#include <coseal/result.hpp>

#include <chrono>
#include <cstddef>
#include <span>
#include <stop_token>

namespace coseal::http {

/// What a server may make its client keep and wait for.
struct exchange_options {
  exchange_options() {}

  head_limits head;
  body_limits body;
  pace request_pace;
  std::chrono::milliseconds answer_time =
      std::chrono::seconds(30);  ///< from the request to the response's head
  pace body_pace;
  std::stop_token token;  ///< gives up with errc::cancelled
};

/// Sends one request and gives its final response. The carrier may be used for another exchange if the
/// response's head says `keep_alive`, and is to be closed otherwise and after an error. The request needs a
/// Host field. Errors: http::errc, asio::error::eof where the server closed without a byte of an answer (an
/// old connection that it had given up: what may be asked twice can be asked again on a new one), what the
/// carrier fails with. Carrier and clock outlive the exchange.
task<result<response>> exchange(duplex_carrier& carrier, clock& time, request asked,
                                exchange_options options);
/// The same with a body that the caller keeps until it is done.
task<result<response>> exchange(duplex_carrier& carrier, clock& time, request_head asked,
                                std::span<const std::byte> body, exchange_options options);

}  // namespace coseal::http
