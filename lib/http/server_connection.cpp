#include "http/server_connection.hpp"

#include "http/date.hpp"
#include "http/error.hpp"
#include "http/head_writer.hpp"
#include "http/screening.hpp"

#include <utility>

namespace coseal::http {
namespace {

constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::span<const std::byte> no_body;

bool may_have_body(unsigned status) noexcept {
  return status >= 200 && status != 204 && status != 304;
}

}  // namespace

server_connection::server_connection(std::unique_ptr<duplex_carrier> carrier, std::shared_ptr<clock> time,
                                     std::shared_ptr<const handler> answers,
                                     std::shared_ptr<const server_options> options)
    : carrier_(std::move(carrier)),
      time_(std::move(time)),
      answers_(std::move(answers)),
      options_(std::move(options)),
      stream_(*carrier_, *time_, options_->head) {}

task<void> server_connection::serve() {
  const auto alive = shared_from_this();
  auto next = afterwards::next_request;
  while (next == afterwards::next_request && !draining_) next = co_await serve_one();
  if (next != afterwards::close) co_await part();
  carrier_->close();
}

task<void> server_connection::turn_away(std::error_code why) {
  const auto alive = shared_from_this();
  const request_head nothing;
  if (co_await refuse(nothing, why) != afterwards::close) co_await part();
  carrier_->close();
}

void server_connection::drain() noexcept {
  draining_ = true;
  if (idle_) carrier_->close();
}

task<server_connection::afterwards> server_connection::serve_one() {
  idle_ = true;
  const auto begun = co_await stream_.wait_for_bytes(time_->now() + options_->idle);
  idle_ = false;
  if (!begun) co_return afterwards::close;

  request_head head;
  auto body = co_await read_request(head);
  if (!body) co_return co_await refuse(head, body.error());
  if (is_preflight(head)) co_return co_await answer(head, answer_preflight(head, *options_));
  request asked(head, *std::move(body));
  asked.source = carrier_->source();
  response made = co_await handle(std::move(asked));
  if (!options_->origins.empty()) allow_origin(made, head);
  co_return co_await answer(head, std::move(made));
}

/// Fills `head` as soon as it is known, and gives the body.
task<result<std::vector<std::byte>>> server_connection::read_request(request_head& head) {
  auto read = co_await stream_.read_request(time_->now() + options_->head_time);
  if (!read) co_return read.error();
  head = *std::move(read);
  if (const auto fine = screen(head, *options_); !fine) co_return fine.error();
  if (waits_for_continue(head) && !stream_.has_bytes()) {
    const auto written =
        co_await stream_.write(std::as_bytes(std::span(go_on)), no_body, options_->answer_pace);
    if (!written) co_return written.error();
  }
  co_return co_await stream_.read_body(head.framing, options_->body, options_->body_pace);
}

task<server_connection::afterwards> server_connection::refuse(const request_head& asked,
                                                              std::error_code why) {
  // The network's own failures have nobody to talk to.
  if (why.category() != error_category()) co_return afterwards::close;
  response said = plain_response(status_of(why));
  said.head.keep_alive = false;
  const auto next = co_await answer(asked, std::move(said));
  // After a wait that ran out nothing more can be read.
  co_return why == errc::too_slow ? afterwards::close : next;
}

task<response> server_connection::handle(request asked) {
  try {
    co_return co_await (*answers_)(std::move(asked));
  } catch (...) {  // whatever a handler throws must not take the server with it
  }
  response failed = plain_response(500);
  failed.head.keep_alive = false;
  co_return failed;
}

task<server_connection::afterwards> server_connection::answer(const request_head& asked, response what) {
  response_head& head = what.head;
  const bool with_body = may_have_body(head.status);
  head.framing = with_body ? body_framing::of_length(what.body.size()) : body_framing::none();
  head.keep_alive = head.keep_alive && !head.has_token("Connection", "close") && asked.keep_alive &&
                    !draining_ && head.status >= 200 && ++served_ < options_->requests;
  if (head.keep_alive && asked.minor == 0) head.fields.emplace_back("Connection", "keep-alive");
  if (head.find("Date") == nullptr)
    head.fields.emplace_back("Date", http_date(std::chrono::system_clock::now()));
  const auto text = write_response_head(head);
  if (!text) {  // a field of the handler's that can not be written; ours can
    response failed = plain_response(500);
    failed.head.keep_alive = false;
    co_return co_await answer(asked, std::move(failed));
  }
  const bool send_body = with_body && asked.method != "HEAD";
  const auto body = send_body ? std::span<const std::byte>(what.body) : no_body;
  const auto written = co_await stream_.write(std::as_bytes(std::span(*text)), body, options_->answer_pace);
  if (!written) co_return afterwards::close;
  co_return head.keep_alive ? afterwards::next_request : afterwards::part;
}

task<void> server_connection::part() {
  // A socket that is closed while bytes of the peer wait in it resets the connection, and the answer may be
  // lost with it (RFC 9112, 9.6): so the peer is heard out for a while.
  carrier_->shutdown_send();
  co_await stream_.drop_bytes(options_->linger_bytes, time_->now() + options_->linger);
}

task<void> serve_connection(std::unique_ptr<duplex_carrier> carrier, std::shared_ptr<clock> time,
                            handler answers, server_options options) {
  const auto connection = std::make_shared<server_connection>(
      std::move(carrier), std::move(time), std::make_shared<const handler>(std::move(answers)),
      std::make_shared<const server_options>(std::move(options)));
  co_await connection->serve();
}

}  // namespace coseal::http
