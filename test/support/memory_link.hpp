#pragma once

#include "handshake/handshake.hpp"

#include <coseal/error.hpp>

#include <asio/async_result.hpp>
#include <asio/io_context.hpp>
#include <asio/post.hpp>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace coseal::test {

/// What happens to one send on its way; it may change the bytes. `cut` ends the direction after them.
enum class passage { open, cut };
using wire_hook = std::function<passage(std::vector<std::byte>& record)>;

/// One direction of bytes in memory. A waiting reader is resumed by a post, which costs no system call.
class wire {
 public:
  explicit wire(asio::io_context& io) : io_(io) {}

  void on_send(wire_hook hook) { hook_ = std::move(hook); }
  void send(std::vector<std::byte> bytes) {
    const passage fate = hook_ ? hook_(bytes) : passage::open;
    if (!end_) bytes_.insert(bytes_.end(), bytes.begin(), bytes.end());
    if (fate == passage::cut) end(errc::truncated);
    wake();
  }
  /// The first end counts.
  void end(std::error_code why) {
    if (!end_) end_ = why;
    wake();
  }
  task<result<std::vector<std::byte>>> take(std::size_t n) {
    while (bytes_.size() < n && !end_) co_await change();
    if (bytes_.size() < n) co_return end_;
    const auto end_of_field = bytes_.begin() + static_cast<std::ptrdiff_t>(n);
    std::vector<std::byte> taken(bytes_.begin(), end_of_field);
    bytes_.erase(bytes_.begin(), end_of_field);
    co_return taken;
  }

 private:
  void wake() {
    if (reader_) asio::post(io_, std::exchange(reader_, nullptr));
  }
  task<void> change() {
    return asio::async_initiate<const asio::use_awaitable_t<>, void()>(
        [this](auto reader) {
          const auto shared = std::make_shared<decltype(reader)>(std::move(reader));
          reader_ = [shared] { std::move (*shared)(); };
        },
        asio::use_awaitable);
  }

  asio::io_context& io_;
  std::function<void()> reader_;
  wire_hook hook_;
  std::vector<std::byte> bytes_;
  std::error_code end_;
};

/// One end of a connection in memory; no level, no security.
class memory_link final : public handshake_link {
 public:
  memory_link(wire& in, wire& out) : in_(in), out_(out) {}

  task<result<handshake_record>> receive() override {
    const auto head = co_await in_.take(record_header::size);
    if (!head) co_return head.error();
    const auto header = record_header::parse(std::span(*head).first<record_header::size>());
    // A kind without a limit of its own comes through: what is legal is for the handshake to say.
    const std::uint32_t limit = handshake_limit(header.kind) != 0 ? handshake_limit(header.kind) : 4096;
    if (header.length > limit) co_return errc::record_too_large;
    auto body = co_await in_.take(header.length);
    if (!body) co_return body.error();
    handshake_record record(header, *std::move(body));
    co_return record;
  }
  task<result<void>> send(std::vector<std::byte> records) override {
    out_.send(std::move(records));
    co_return result<void>();
  }

 private:
  wire& in_;
  wire& out_;
};

}  // namespace coseal::test
