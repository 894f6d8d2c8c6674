#include <coseal/clock.hpp>

#include <asio/steady_timer.hpp>

#include <atomic>

namespace coseal {
namespace {

class asio_alarm final : public clock::alarm {
 public:
  explicit asio_alarm(asio::any_io_executor executor) : timer_(std::move(executor)) {}
  ~asio_alarm() override { cancel(); }

  void set(clock::time_point when, std::function<void()> ring) override {
    timer_.expires_at(when);
    // A timer that has run out can not be cancelled any more, though its handler may still wait for its turn.
    timer_.async_wait([ring = std::move(ring), settings = settings_,
                       mine = settings_->fetch_add(1) + 1](const std::error_code& error) {
      if (!error && mine == settings->load()) ring();
    });
  }
  void cancel() noexcept override {
    settings_->fetch_add(1);
    try {
      timer_.cancel();
    } catch (const std::system_error&) {  // Asio declares it so; cancelling a timer does not fail
    }
  }

 private:
  asio::steady_timer timer_;
  // Counts set and cancel, which may come while a ring is on its way on another thread.
  std::shared_ptr<std::atomic<std::uint64_t>> settings_ = std::make_shared<std::atomic<std::uint64_t>>(0);
};

class asio_clock final : public clock {
 public:
  time_point now() const noexcept override { return std::chrono::steady_clock::now(); }
  std::unique_ptr<alarm> make_alarm(asio::any_io_executor executor) override {
    return std::make_unique<asio_alarm>(std::move(executor));
  }
};

}  // namespace

std::shared_ptr<clock> steady_clock() {
  static const auto shared = std::make_shared<asio_clock>();
  return shared;
}

}  // namespace coseal
