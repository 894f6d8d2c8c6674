#include "http/exchange.hpp"

#include "http/error.hpp"
#include "http/head_writer.hpp"
#include "http/message_stream.hpp"

#include <utility>

namespace coseal::http {
namespace {

constexpr int most_interim_responses = 10;

/// No body and no length for methods to which one has no meaning: many servers refuse it there.
body_framing framing_of(const std::string& method, std::size_t body) noexcept {
  const bool expects_body = method == "POST" || method == "PUT" || method == "PATCH";
  return body == 0 && !expects_body ? body_framing::none() : body_framing::of_length(body);
}

}  // namespace

task<result<response>> exchange(duplex_carrier& carrier, clock& time, request asked,
                                exchange_options options) {
  const std::span<const std::byte> body(asked.body);
  co_return co_await exchange(carrier, time, std::move(asked.head), body, std::move(options));
}

task<result<response>> exchange(duplex_carrier& carrier, clock& time, request_head asked,
                                std::span<const std::byte> asked_body, exchange_options options) {
  asked.framing = framing_of(asked.method, asked_body.size());
  if (asked.count("Host") != 1) co_return errc::unwritable;
  const auto text = write_request_head(asked);
  if (!text) co_return text.error();

  message_stream stream(carrier, time, options.head, options.token);
  const auto written =
      co_await stream.write(std::as_bytes(std::span(*text)), asked_body, options.request_pace);
  if (!written && written.error() == errc::too_slow) co_return written.error();
  // A server that refuses before it has read everything may close the way there while its answer is on the
  // way back.
  const auto deadline = time.now() + options.answer_time;
  for (int interim = 0;; ++interim) {
    auto head = co_await stream.read_response(asked.method, deadline);
    if (!head) co_return written ? head.error() : written.error();
    if (head->status == 101 || interim > most_interim_responses) co_return errc::not_a_response;
    if (head->status < 200) continue;
    auto body = co_await stream.read_body(head->framing, options.body, options.body_pace);
    if (!body) co_return body.error();
    // Bytes beyond the response are no answer to a question that was not asked yet.
    head->keep_alive = head->keep_alive && asked.keep_alive && written && !stream.has_bytes();
    co_return response(*std::move(head), *std::move(body));
  }
}

}  // namespace coseal::http
