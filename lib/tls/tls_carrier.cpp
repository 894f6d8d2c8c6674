#include "tls/tls_carrier.hpp"

#include <asio/error.hpp>
#include <asio/post.hpp>

#include <algorithm>
#include <array>
#include <mutex>
#include <utility>

namespace coseal::tls {
namespace {

/// A peer that sends records without content must not keep the thread.
constexpr int most_fills_a_turn = 64;

std::size_t bytes_in(std::span<const asio::const_buffer> buffers) noexcept {
  std::size_t n = 0;
  for (const auto& each : buffers) n += each.size();
  return n;
}

}  // namespace

/// Outlives the carrier by the waits that are pending.
class tls_carrier::core final : public carrier_observer, public std::enable_shared_from_this<core> {
 public:
  core(std::unique_ptr<duplex_carrier> stream, std::unique_ptr<engine> with)
      : stream_(std::move(stream)), engine_(std::move(with)) {}

  duplex_carrier& stream() const noexcept { return *stream_; }

  std::size_t read(std::span<std::byte> into, std::error_code& error) {
    for (int fills = 0; fills < most_fills_a_turn; ++fills) {
      const std::lock_guard lock(mutex_);
      if (told_) return drop_the_rest(error);
      const bool new_here = !engine_->established();
      const std::size_t n = engine_->read(into, error);
      flush();
      if (new_here && (engine_->established() || engine_->failure())) tell_writer({});
      told_ = static_cast<bool>(engine_->failure()) && error == engine_->failure();
      if (error != asio::error::would_block) return n;
      const std::size_t more = stream_->try_read_some(engine_->room(), error);
      if (error == asio::error::eof)
        engine_->ended();
      else if (error)
        return engine_->received(0), 0;
      engine_->received(more);
    }
    const std::lock_guard lock(mutex_);
    starved_ = true;
    return error = asio::error::would_block, 0;
  }

  std::size_t write(std::span<const asio::const_buffer> from, std::error_code& error) {
    const std::lock_guard lock(mutex_);
    if (engine_->failure()) return error = engine_->failure(), 0;
    if (!engine_->established()) return error = asio::error::would_block, 0;
    if ((error = flush())) return 0;
    if (owed_ == 0) {
      owed_ = engine_->write(from, error);
      if (error) return 0;
      if ((error = flush())) return 0;
    }
    // Said only now: what the stream beneath has, a close does not lose.
    const std::size_t n = std::min(owed_, bytes_in(from));
    owed_ -= n;
    return n;
  }

  void wait_readable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    const bool at_once = std::exchange(starved_, false) || !(engine_->thirsty() || told_);
    if (!at_once) return stream_->wait_readable(std::move(observer));
    asio::post(stream_->executor(), [observer = std::move(observer)] { observer->on_readable({}); });
  }

  void wait_writable(std::shared_ptr<carrier_observer> observer) {
    const std::lock_guard lock(mutex_);
    writer_ = std::move(observer);
    if (engine_->failure())
      tell_writer({});
    else if (engine_->established())
      arm_write();
  }

  void shutdown_send() {
    // The stream beneath stays open: what takes the end of one direction for the end of both would cut the
    // other.
    const std::lock_guard lock(mutex_);
    engine_->close_notify();
    flush();
  }

  void close(bool say_so) {
    const std::lock_guard lock(mutex_);
    if (say_so) engine_->close_notify();
    flush(arming::none);
    stream_->close();
    if (!waiting_write_) tell_writer(asio::error::operation_aborted);
  }

  std::string protocol() {
    const std::lock_guard lock(mutex_);
    return engine_->protocol();
  }

  // carrier_observer
  void on_readable(std::error_code) noexcept override {}
  void on_writable(std::error_code error) noexcept override {
    std::shared_ptr<carrier_observer> writer;
    {
      const std::lock_guard lock(mutex_);
      waiting_write_ = false;
      if (!error) flush();
      if (waiting_write_) return;  // still no room for what is sealed already
      writer = std::exchange(writer_, nullptr);
    }
    if (writer) writer->on_writable(error);
  }

 private:
  enum class arming { if_needed, none };

  // --- under the mutex

  /// What is sealed goes out, or when there is room again.
  std::error_code flush(arming when = arming::if_needed) {
    for (auto bytes = engine_->outgoing(); !bytes.empty(); bytes = engine_->outgoing()) {
      const std::array<asio::const_buffer, 1> piece{asio::const_buffer(bytes.data(), bytes.size())};
      std::error_code error;
      const std::size_t n = stream_->try_write_some(piece, error);
      if (error == asio::error::would_block && when == arming::if_needed) arm_write();
      if (error) return error;
      engine_->sent(n);
    }
    return {};
  }

  void arm_write() {
    if (std::exchange(waiting_write_, true)) return;
    stream_->wait_writable(shared_from_this());
  }

  /// For a writer that waits for something else than the stream.
  void tell_writer(std::error_code error) {
    if (!writer_ || waiting_write_) return;
    asio::post(stream_->executor(),
               [writer = std::exchange(writer_, nullptr), error] { writer->on_writable(error); });
  }

  /// After a failure was told: what still comes is dropped, so that our alert is not lost to a reset.
  std::size_t drop_the_rest(std::error_code& error) {
    for (int fills = 0; fills < most_fills_a_turn; ++fills) {
      stream_->try_read_some(engine_->room(), error);
      if (!error) continue;
      if (error != asio::error::would_block) error = engine_->failure();  // the end that this makes is none
      return 0;
    }
    starved_ = true;
    return error = asio::error::would_block, 0;
  }

  const std::unique_ptr<duplex_carrier> stream_;

  std::mutex mutex_;
  const std::unique_ptr<engine> engine_;
  std::size_t owed_ = 0;  // sealed, of what the writer offers, and not yet said to be written
  bool starved_ = false;  // a read stopped though there may be more
  bool told_ = false;     // the reader has heard of the failure
  bool waiting_write_ = false;
  std::shared_ptr<carrier_observer> writer_;
};

tls_carrier::tls_carrier(std::unique_ptr<duplex_carrier> stream, std::unique_ptr<engine> with)
    : core_(std::make_shared<core>(std::move(stream), std::move(with))) {}

tls_carrier::~tls_carrier() {
  core_->close(false);  // ends the waits that hold it
}

asio::any_io_executor tls_carrier::executor() const noexcept {
  return core_->stream().executor();
}
std::size_t tls_carrier::try_read_some(std::span<std::byte> into, std::error_code& error) noexcept {
  return core_->read(into, error);
}
std::size_t tls_carrier::try_write_some(std::span<const asio::const_buffer> from,
                                        std::error_code& error) noexcept {
  return core_->write(from, error);
}
void tls_carrier::wait_readable(std::shared_ptr<carrier_observer> observer) {
  core_->wait_readable(std::move(observer));
}
void tls_carrier::wait_writable(std::shared_ptr<carrier_observer> observer) {
  core_->wait_writable(std::move(observer));
}
void tls_carrier::shutdown_send() noexcept {
  core_->shutdown_send();
}
void tls_carrier::close() noexcept {
  core_->close(true);
}
std::string tls_carrier::kind() const {
  return "tls";
}
std::string tls_carrier::peer_address() const {
  return core_->stream().peer_address();
}
std::string tls_carrier::source() const {
  return core_->stream().source();
}
std::string tls_carrier::protocol() const {
  return core_->protocol();
}

}  // namespace coseal::tls
