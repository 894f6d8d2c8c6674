#include "websocket/websocket_carrier.hpp"

#include "http/error.hpp"
#include "http/head_writer.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace coseal::websocket {
namespace {

/// From this size on a payload that is not masked is read to where it belongs, and the next header by itself.
constexpr std::uint64_t worth_a_read = 16 * 1024;
/// A peer that sends pings without end must not keep the thread.
constexpr int most_reads_a_turn = 64;

bool head_may_be_whole(std::span<const std::byte> bytes, std::size_t looked_at) noexcept {
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  return text.find("\r\n\r\n", looked_at - std::min<std::size_t>(looked_at, 3)) != std::string_view::npos;
}

}  // namespace

/// Outlives the carrier by the waits that are pending. The mutex guards the sending direction and all calls
/// on the stream but reads, which belong to whoever reads.
class websocket_carrier::core final : public carrier_observer,
                                      public frame_sink,
                                      public std::enable_shared_from_this<core> {
 public:
  core(std::unique_ptr<duplex_carrier> stream, role self, std::optional<upgrade_policy> policy,
       std::vector<std::byte> early)
      : stream_(std::move(stream)),
        policy_(std::move(policy)),
        early_(std::move(early)),
        decoder_(self, decoder_limits()),
        out_(self),
        upgraded_(!policy_) {}

  duplex_carrier& stream() const noexcept { return *stream_; }

  std::size_t read(std::span<std::byte> into, std::error_code& error) {
    if (failed_) return read_after_end(into, error);
    if (policy_ && !upgrade(error)) return 0;
    for (int reads = 0; reads < most_reads_a_turn; ++reads) {
      std::size_t n = take_early(into);
      if (n == 0) {
        const auto rest = decoder_.unmasked_left();
        const bool in_place = rest >= worth_a_read && rest < into.size();
        n = stream_->try_read_some(in_place ? into.first(static_cast<std::size_t>(rest)) : into, error);
        if (error) return 0;
      }
      const auto decoded = decoder_.decode(into.first(n), *this);
      if (!decoded) return error = fail(static_cast<close_code>(decoded.error().value())), 0;
      if (*decoded != 0) return error.clear(), *decoded;
      if (decoder_.closed()) return read_after_end(into, error);
    }
    return error = asio::error::would_block, 0;
  }

  std::size_t write(std::span<const asio::const_buffer> from, std::error_code& error) {
    const std::lock_guard lock(mutex_);
    if (!upgraded_) return error = asio::error::would_block, 0;
    return out_.write(*stream_, from, error);
  }

  void wait_readable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    if (early_at_ == early_.size()) return stream_->wait_readable(std::move(observer));
    asio::post(stream_->executor(), [observer = std::move(observer)] { observer->on_readable({}); });
  }

  bool rest() noexcept {
    const std::lock_guard lock(mutex_);
    // Not beneath a control frame that waits to be written: rest() ends all waits of the stream.
    return !waiting_write_ && early_at_ == early_.size() && stream_->rest();
  }
  void wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    stream_->wait_readable_at_rest(std::move(observer));
  }

  void wait_writable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    writer_ = std::move(observer);
    if (upgraded_) arm_write();
  }

  void shutdown_send() {
    // No half-closed connection: proxies take the end of one direction for the end of both.
    const std::lock_guard lock(mutex_);
    if (upgraded_) queue_close(close_code::normal);
  }

  void close(bool say_so) {
    const std::lock_guard lock(mutex_);
    if (upgraded_ && say_so) queue_close(close_code::normal);
    stream_->close();
    if (!waiting_write_) tell_writer(asio::error::operation_aborted);
  }

  // carrier_observer
  void on_readable(std::error_code) noexcept override {}
  void on_writable(std::error_code error) noexcept override {
    std::shared_ptr<carrier_observer> writer;
    {
      const std::lock_guard lock(mutex_);
      waiting_write_ = false;
      writer = std::move(writer_);
      writer_ = nullptr;
      if (!error) flush();
    }
    if (writer) writer->on_writable(error);
  }

  // frame_sink, within read()
  void on_data(std::span<const std::byte>, bool) override {}
  void on_ping(std::span<const std::byte> payload) override {
    const std::lock_guard lock(mutex_);
    out_.queue_pong(payload);
    flush();
  }
  void on_pong(std::span<const std::byte>) override {}
  void on_close(close_code code, std::string_view) override {
    const bool clean =
        code == close_code::normal || code == close_code::going_away || code == close_code::none;
    failed_ = clean ? std::error_code(asio::error::eof) : make_error_code(code);
    const std::lock_guard lock(mutex_);
    queue_close(code);
  }

 private:
  std::error_code fail(close_code code) {
    failed_ = code;
    told_ = true;
    const std::lock_guard lock(mutex_);
    queue_close(code);
    return failed_;
  }

  /// The end is told once. What a peer still sends after a violation is then dropped, so that our last words
  /// are not lost to a reset.
  std::size_t read_after_end(std::span<std::byte> into, std::error_code& error) {
    if (!std::exchange(told_, true) || failed_ == asio::error::eof) return error = failed_, 0;
    for (int reads = 0; reads < most_reads_a_turn; ++reads) {
      stream_->try_read_some(into, error);
      if (error) return 0;
    }
    return error = asio::error::would_block, 0;
  }

  std::size_t take_early(std::span<std::byte> into) noexcept {
    const std::size_t n = std::min(into.size(), early_.size() - early_at_);
    if (n == 0) return 0;
    std::memcpy(into.data(), early_.data() + early_at_, n);
    early_at_ += n;
    if (early_at_ == early_.size()) {
      early_ = {};
      early_at_ = 0;
    }
    return n;
  }

  /// The server's part of the upgrade: true once it has been answered with 101.
  bool upgrade(std::error_code& error) {
    const http::head_limits limits;
    for (;;) {
      std::array<std::byte, 2048> part;
      std::size_t n = take_early(part);
      if (n == 0) n = stream_->try_read_some(part, error);
      if (n == 0) return false;
      error.clear();
      const std::size_t looked_at = head_.size();
      head_.insert(head_.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(n));
      // Looked at once more only when it may have ended: who sends it byte by byte shall not cost a pass a
      // byte.
      const bool worth_it =
          looked_at == 0 || head_.size() >= limits.bytes || head_may_be_whole(head_, looked_at);
      if (!worth_it) continue;
      const auto parsed = http::parse_request_head(head_, limits);
      if (!parsed) {
        http::response_head answer(http::status_of(parsed.error()));
        answer.keep_alive = false;
        answer.framing = http::body_framing::of_length(0);
        return refuse(answer, parsed.error(), error);
      }
      if (!*parsed) continue;
      const auto answer = answer_upgrade((*parsed)->head, *policy_);
      if (answer.status == 403) return refuse(answer, close_code::policy_violation, error);
      if (answer.status != 101) return refuse(answer, close_code::protocol_error, error);
      std::vector<std::byte> rest(head_.begin() + static_cast<std::ptrdiff_t>((*parsed)->size), head_.end());
      rest.insert(rest.end(), early_.begin() + static_cast<std::ptrdiff_t>(early_at_), early_.end());
      early_ = std::move(rest);
      early_at_ = 0;
      head_ = {};
      policy_.reset();
      const std::lock_guard lock(mutex_);
      send_head(answer);
      upgraded_ = true;
      tell_writer({});
      return true;
    }
  }

  bool refuse(const http::response_head& answer, std::error_code why, std::error_code& error) {
    error = failed_ = why;
    told_ = true;
    head_ = {};
    const std::lock_guard lock(mutex_);
    send_head(answer);
    return false;
  }

  // --- under the mutex

  void send_head(const http::response_head& answer) {
    const auto text = http::write_response_head(answer);
    if (text) out_.queue_raw(std::as_bytes(std::span(*text)));
    flush();
  }
  void queue_close(close_code code) {
    out_.queue_close(code);
    flush();
  }
  void flush() {
    if (out_.has_due() && out_.flush(*stream_) == asio::error::would_block) arm_write();
  }
  void arm_write() {
    if (std::exchange(waiting_write_, true)) return;
    stream_->wait_writable(shared_from_this());
  }
  /// For a writer that waits for something else than the stream.
  void tell_writer(std::error_code error) {
    if (!writer_) return;
    asio::post(stream_->executor(),
               [writer = std::exchange(writer_, nullptr), error] { writer->on_writable(error); });
  }

  const std::unique_ptr<duplex_carrier> stream_;

  // The reader's.
  std::optional<upgrade_policy> policy_;  // until the upgrade
  std::vector<std::byte> head_;
  std::vector<std::byte> early_;
  std::size_t early_at_ = 0;
  frame_decoder decoder_;
  std::error_code failed_;
  bool told_ = false;

  std::mutex mutex_;
  outgoing out_;
  bool upgraded_;
  bool waiting_write_ = false;
  std::shared_ptr<carrier_observer> writer_;
};

websocket_carrier::websocket_carrier(std::shared_ptr<core> behind) noexcept : core_(std::move(behind)) {}

websocket_carrier::~websocket_carrier() {
  core_->close(false);  // ends the waits that hold it
}

std::unique_ptr<websocket_carrier> websocket_carrier::connected(std::unique_ptr<duplex_carrier> stream,
                                                                std::vector<std::byte> early) {
  auto behind = std::make_shared<core>(std::move(stream), role::client, std::nullopt, std::move(early));
  return std::unique_ptr<websocket_carrier>(new websocket_carrier(std::move(behind)));
}

std::unique_ptr<websocket_carrier> websocket_carrier::accepting(std::unique_ptr<duplex_carrier> stream,
                                                                upgrade_policy policy,
                                                                std::vector<std::byte> early) {
  auto behind = std::make_shared<core>(std::move(stream), role::server, std::move(policy), std::move(early));
  return std::unique_ptr<websocket_carrier>(new websocket_carrier(std::move(behind)));
}

asio::any_io_executor websocket_carrier::executor() const noexcept {
  return core_->stream().executor();
}
std::size_t websocket_carrier::try_read_some(std::span<std::byte> into, std::error_code& error) noexcept {
  return core_->read(into, error);
}
std::size_t websocket_carrier::try_write_some(std::span<const asio::const_buffer> from,
                                              std::error_code& error) noexcept {
  return core_->write(from, error);
}
void websocket_carrier::wait_readable(std::shared_ptr<carrier_observer> observer) {
  core_->wait_readable(std::move(observer));
}
bool websocket_carrier::rest() noexcept {
  return core_->rest();
}
void websocket_carrier::wait_readable_at_rest(std::shared_ptr<carrier_observer> observer) {
  core_->wait_readable_at_rest(std::move(observer));
}
void websocket_carrier::wait_writable(std::shared_ptr<carrier_observer> observer) {
  core_->wait_writable(std::move(observer));
}
void websocket_carrier::shutdown_send() noexcept {
  core_->shutdown_send();
}
void websocket_carrier::close() noexcept {
  core_->close(true);
}
std::string websocket_carrier::kind() const {
  return core_->stream().kind() == "tls" ? "wss" : "ws";
}
std::string websocket_carrier::peer_address() const {
  return core_->stream().peer_address();
}
std::string websocket_carrier::source() const {
  return core_->stream().source();
}

}  // namespace coseal::websocket
