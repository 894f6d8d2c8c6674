#include "http/message_stream.hpp"

#include "http/error.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <algorithm>
#include <cstring>
#include <type_traits>
#include <utility>

namespace coseal::http {
namespace {

constexpr std::size_t most_reserved = 64 * 1024;
constexpr std::size_t write_size = 64 * 1024;

/// The end of the stream, where a message must go on.
std::error_code inside_of_a_message(std::error_code error) noexcept {
  return error == asio::error::eof ? make_error_code(errc::truncated) : error;
}

}  // namespace

task<result<void>> message_stream::wait_for_bytes(clock::time_point deadline) {
  if (has_bytes()) co_return result<void>();
  co_return co_await fill(deadline);
}

template <typename Head>
task<result<Head>> message_stream::read_head(std::string request_method, clock::time_point deadline) {
  for (;;) {
    auto read = [&] {
      if constexpr (std::is_same_v<Head, request_head>)
        return parse_request_head(unread(), limits_);
      else
        return parse_response_head(unread(), limits_, request_method);
    }();
    if (!read) co_return read.error();
    if (*read) {
      took((*read)->size);
      co_return std::move((*read)->head);
    }
    const bool begun = has_bytes();
    if (const auto more = co_await fill(deadline); !more)
      co_return begun ? inside_of_a_message(more.error()) : more.error();
  }
}

task<result<request_head>> message_stream::read_request(clock::time_point deadline) {
  return read_head<request_head>({}, deadline);
}

task<result<response_head>> message_stream::read_response(std::string request_method,
                                                          clock::time_point deadline) {
  return read_head<response_head>(std::move(request_method), deadline);
}

task<result<std::vector<std::byte>>> message_stream::read_body(body_framing framing, body_limits limits,
                                                               pace allowed) {
  body_reader reader(framing, limits);
  if (reader.error()) co_return reader.error();
  std::vector<std::byte> body;
  // What was announced is not there yet: memory follows the bytes, not their announcement.
  body.reserve(static_cast<std::size_t>(std::min<std::uint64_t>(framing.length, most_reserved)));
  const auto start = time().now();
  for (;;) {
    while (has_bytes() && !reader.done()) {
      const auto piece = reader.read(unread());
      if (!piece) co_return piece.error();
      body.insert(body.end(), piece->content.begin(), piece->content.end());
      took(piece->taken);
    }
    if (reader.done()) co_return body;
    // Content counts, not the paper around it: chunks of one byte come no faster for their size lines.
    const auto more = co_await fill(allowed.deadline(start, body.size()));
    if (more) continue;
    if (more.error() != asio::error::eof) co_return more.error();
    if (const auto ended = reader.end(); !ended) co_return ended.error();
  }
}

task<void> message_stream::drop_bytes(std::size_t most, clock::time_point deadline) {
  for (std::size_t dropped = 0; dropped < most;) {
    dropped += end_ - begin_;
    begin_ = end_ = 0;
    if (const auto more = co_await fill(deadline); !more) co_return;
  }
}

task<result<void>> message_stream::write(std::span<const std::byte> head, std::span<const std::byte> body,
                                         pace allowed) {
  // What fits goes out in one write.
  const std::size_t together = std::min(body.size(), write_size - std::min(head.size(), write_size));
  std::vector<std::byte> first(head.begin(), head.end());
  first.insert(first.end(), body.begin(), body.begin() + static_cast<std::ptrdiff_t>(together));
  std::span<const std::byte> rest = body.subspan(together), next = first;
  const auto start = time().now();
  std::uint64_t moved = 0;
  while (!next.empty()) {
    const auto written = co_await io_.write_all(next, allowed.deadline(start, moved + next.size()));
    if (!written)
      co_return written.error() == coseal::errc::timed_out ? make_error_code(errc::too_slow)
                                                           : written.error();
    moved += next.size();
    next = rest.first(std::min(rest.size(), write_size));
    rest = rest.subspan(next.size());
  }
  co_return result<void>();
}

task<result<void>> message_stream::fill(clock::time_point deadline) {
  if (buffer_.empty()) buffer_.resize(limits_.bytes);
  if (begin_ != 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  // Bytes that are always there would never meet a deadline of the wait.
  if (time().now() >= deadline) co_return errc::too_slow;
  const auto read = co_await io_.read_some(std::span(buffer_).subspan(end_), deadline);
  if (!read)
    co_return read.error() == coseal::errc::timed_out ? make_error_code(errc::too_slow) : read.error();
  end_ += *read;
  co_return result<void>();
}

std::span<const std::byte> message_stream::unread() const noexcept {
  return std::span(buffer_).subspan(begin_, end_ - begin_);
}

void message_stream::took(std::size_t n) noexcept {
  begin_ += n;
  if (begin_ == end_) begin_ = end_ = 0;
}

}  // namespace coseal::http
