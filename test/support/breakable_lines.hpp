#pragma once

#include <coseal/carrier.hpp>

#include <asio/error.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace coseal::test {

/// What a network does to connections that were made through it, all at once: loses what is on its way in one
/// direction, and then the connections. For one thread.
class breakable_lines {
 public:
  /// The connector's end of a connection.
  std::unique_ptr<duplex_carrier> add(std::unique_ptr<duplex_carrier> inner) {
    auto made = std::make_unique<line>(std::move(inner));
    lines_.push_back(made->state);
    return made;
  }
  /// From now on the connectors hear nothing of what is sent to them.
  void lose_answers() {
    for_each([](fate& one) { one.deaf = true; });
  }
  /// From now on nothing that they send arrives.
  void lose_questions() {
    for_each([](fate& one) { one.mute = true; });
  }
  /// Both ends see the end of the connection.
  void cut() {
    for_each([](fate& one) {
      one.cut = true;
      one.inner->close();
    });
    lines_.clear();
  }

 private:
  struct fate {
    duplex_carrier* inner = nullptr;
    bool deaf = false, mute = false, cut = false;
  };

  template <typename Do>
  void for_each(Do what) {
    for (const auto& weak : lines_)
      if (const auto one = weak.lock()) what(*one);
  }

  class line final : public duplex_carrier {
   public:
    explicit line(std::unique_ptr<duplex_carrier> inner) : inner_(std::move(inner)) {
      state->inner = inner_.get();
    }
    asio::any_io_executor executor() const noexcept override { return inner_->executor(); }
    std::size_t try_read_some(std::span<std::byte> into, std::error_code& error) noexcept override {
      if (state->cut) return error = asio::error::eof, 0;
      const std::size_t n = inner_->try_read_some(into, error);
      if (n == 0 || !state->deaf) return n;
      return error = asio::error::would_block, 0;
    }
    std::size_t try_write_some(std::span<const asio::const_buffer> from,
                               std::error_code& error) noexcept override {
      if (state->cut) return error = asio::error::broken_pipe, 0;
      if (!state->mute) return inner_->try_write_some(from, error);
      error.clear();
      return asio::buffer_size(from);
    }
    void wait_readable(std::shared_ptr<carrier_observer> observer) override {
      inner_->wait_readable(std::make_shared<ear>(std::move(observer), state));
    }
    void wait_writable(std::shared_ptr<carrier_observer> observer) override {
      inner_->wait_writable(std::make_shared<ear>(std::move(observer), state));
    }
    void shutdown_send() noexcept override { inner_->shutdown_send(); }
    void close() noexcept override { inner_->close(); }
    std::string kind() const override { return inner_->kind(); }
    std::string peer_address() const override { return inner_->peer_address(); }
    std::string source() const override { return inner_->source(); }

    const std::shared_ptr<fate> state = std::make_shared<fate>();

   private:
    /// The end of a wait because of cut() is no end of this side.
    class ear final : public carrier_observer {
     public:
      ear(std::shared_ptr<carrier_observer> to, std::shared_ptr<fate> state)
          : to_(std::move(to)), state_(std::move(state)) {}
      void on_readable(std::error_code error) noexcept override {
        to_->on_readable(state_->cut ? std::error_code() : error);
      }
      void on_writable(std::error_code error) noexcept override {
        to_->on_writable(state_->cut ? std::error_code() : error);
      }

     private:
      std::shared_ptr<carrier_observer> to_;
      std::shared_ptr<fate> state_;
    };

    std::unique_ptr<duplex_carrier> inner_;
  };

  std::vector<std::weak_ptr<fate>> lines_;
};

}  // namespace coseal::test
