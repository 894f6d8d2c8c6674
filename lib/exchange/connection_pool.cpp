#include "exchange/connection_pool.hpp"

#include "http/error.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>

namespace coseal {
namespace {

/// Less than what servers and proxies keep an idle connection for, so that they rarely close it under a
/// request.
constexpr auto longest_idle = std::chrono::seconds(30);

std::chrono::milliseconds until(clock::time_point deadline, clock::time_point now) {
  constexpr auto most = std::chrono::milliseconds(std::chrono::hours(24));
  if (deadline - now >= most) return most;
  return std::max(std::chrono::ceil<std::chrono::milliseconds>(deadline - now), std::chrono::milliseconds(0));
}

http::request_head make_head(const http_target& where, std::string content_type) {
  http::request_head head;
  head.method = "POST";
  head.target = where.target();
  head.fields.emplace_back("Host", where.host());
  head.fields.emplace_back("Content-Type", std::move(content_type));
  head.fields.emplace_back("Cache-Control", "no-store");
  return head;
}

std::error_code as_ours(std::error_code error) noexcept {
  return error == http::errc::too_slow ? make_error_code(errc::timed_out) : error;
}

}  // namespace

connection_pool::connection_pool(asio::any_io_executor executor, http_target where,
                                 std::shared_ptr<clock> time, std::size_t most_idle,
                                 std::uint64_t most_answer)
    : executor_(std::move(executor)),
      where_(std::move(where)),
      time_(std::move(time)),
      most_idle_(most_idle),
      most_answer_(most_answer) {}

task<posted> connection_pool::post(std::span<const std::byte> body, std::string content_type,
                                   clock::time_point deadline, std::stop_token token,
                                   const std::string& traceparent) {
  bool left = false;
  for (auto carrier = take_idle();;) {
    const bool kept = carrier != nullptr;
    if (token.stop_requested()) co_return posted(errc::cancelled, left);
    if (!kept) {
      operation_options limits;
      limits.within(until(deadline, time_->now())).stop(token);
      auto opened = co_await where_.stream().open(executor_, limits);
      if (!opened) co_return posted(opened.error(), left);
      carrier = *std::move(opened);
    }

    http::exchange_options options;
    options.body.bytes = most_answer_;
    options.answer_time = until(deadline, time_->now());
    options.request_pace.total = std::min(options.request_pace.total, options.answer_time);
    options.body_pace.total = std::min(options.body_pace.total, options.answer_time);
    options.token = token;
    http::request_head head = make_head(where_, content_type);
    if (!traceparent.empty()) head.fields.emplace_back("traceparent", traceparent);
    auto answer = co_await http::exchange(*carrier, *time_, std::move(head), body, options);
    if (!answer) {
      carrier->close();
      carrier.reset();
      // The same bytes again: if the server has seen them, its guard says so.
      const bool dead = answer.error() == condition::transport;
      left = true;
      if (kept && dead) continue;
      co_return posted(as_ours(answer.error()), true);
    }
    const std::string* const type = answer->head.find("Content-Type");
    const bool fits =
        answer->head.status == 200 && type != nullptr && http::equal_without_case(*type, content_type);
    if (answer->head.keep_alive)
      keep(std::move(carrier));
    else
      carrier->close();
    posted done =
        fits ? posted(std::move(answer->body)) : posted(errc::http_status, true, answer->head.status);
    done.left_before = left;
    co_return std::move(done);
  }
}

task<result<void>> connection_pool::open(operation_options limits) {
  auto opened = co_await where_.stream().open(executor_, std::move(limits));
  if (!opened) co_return opened.error();
  keep(*std::move(opened));
  co_return result<void>();
}

std::unique_ptr<duplex_carrier> connection_pool::take_idle() {
  while (!idle_.empty()) {
    idle_connection last = std::move(idle_.back());
    idle_.pop_back();
    std::array<std::byte, 1> nothing;
    std::error_code error;
    // Its end, or a byte that nobody asked for, makes it useless.
    last.carrier->try_read_some(nothing, error);
    if (error == asio::error::would_block && time_->now() - last.since < longest_idle)
      return std::move(last.carrier);
    last.carrier->close();
  }
  return nullptr;
}

void connection_pool::keep(std::unique_ptr<duplex_carrier> carrier) {
  if (idle_.size() >= most_idle_) return carrier->close();
  idle_.push_back({std::move(carrier), time_->now()});
}

void connection_pool::close() noexcept {
  for (auto& each : idle_) each.carrier->close();
  idle_.clear();
}

}  // namespace coseal
