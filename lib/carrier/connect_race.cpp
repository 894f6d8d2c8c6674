#include "carrier/connect_race.hpp"

#include <coseal/error.hpp>

#include <asio/associated_cancellation_slot.hpp>
#include <asio/bind_executor.hpp>
#include <asio/dispatch.hpp>
#include <asio/post.hpp>
#include <asio/steady_timer.hpp>
#include <asio/strand.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <vector>

namespace coseal {
namespace {

using tcp_protocol = asio::ip::tcp;
using endpoint_list = std::vector<tcp_protocol::endpoint>;
constexpr auto attempt_delay = std::chrono::milliseconds(250);  // RFC 8305 5

/// IPv6, IPv4, IPv6, ... each family in the resolver's order (RFC 8305 4).
endpoint_list interleave(endpoint_list found) {
  endpoint_list v6, v4, out;
  for (const auto& each : found) (each.address().is_v6() ? v6 : v4).push_back(each);
  for (std::size_t i = 0; i < std::max(v6.size(), v4.size()); ++i) {
    if (i < v6.size()) out.push_back(v6[i]);
    if (i < v4.size()) out.push_back(v4[i]);
  }
  return out;
}

/// One race. Everything happens on its strand; it lives as long as one of its operations does.
template <typename Handler>
class race : public std::enable_shared_from_this<race<Handler>> {
 public:
  race(asio::any_io_executor executor, host_and_port where, operation_options limits, Handler handler)
      : executor_(executor),
        strand_(asio::make_strand(executor)),
        where_(std::move(where)),
        limits_(std::move(limits)),
        resolver_(strand_),
        deadline_(strand_),
        stagger_(strand_),
        handler_(std::move(handler)) {}

  void start() {
    auto self = this->shared_from_this();
    auto slot = asio::get_associated_cancellation_slot(*handler_);
    if (slot.is_connected())
      slot.assign([weak = this->weak_from_this()](asio::cancellation_type) { cancel(weak); });
    stop_.emplace(limits_.token(), cancel_function{this->weak_from_this()});
    asio::post(strand_, [self] { self->begin(); });
  }

 private:
  struct cancel_function {
    std::weak_ptr<race> weak;
    void operator()() const { cancel(weak); }
  };

  static void cancel(const std::weak_ptr<race>& weak) {
    if (const auto self = weak.lock()) asio::post(self->strand_, [self] { self->finish(errc::cancelled); });
  }

  void begin() {
    if (!handler_) return;  // cancelled before it began
    auto self = this->shared_from_this();
    if (limits_.duration()) {
      deadline_.expires_after(*limits_.duration());
      deadline_.async_wait([self](const std::error_code& error) {
        if (!error) self->finish(errc::timed_out);
      });
    }
    std::error_code not_literal;
    const auto literal = asio::ip::make_address(where_.host, not_literal);
    if (!not_literal) {
      endpoints_ = {tcp_protocol::endpoint(literal, where_.port)};
      return next();
    }
    resolver_.async_resolve(where_.host, std::to_string(where_.port),
                            asio::ip::resolver_base::numeric_service,
                            [self](const std::error_code& error, const auto& found) {
                              if (error) return self->finish(error);
                              endpoint_list list;
                              for (const auto& each : found) list.push_back(each.endpoint());
                              self->endpoints_ = interleave(std::move(list));
                              if (self->endpoints_.empty()) return self->finish(self->last_error_);
                              self->next();
                            });
  }

  /// Starts the next attempt; called when the stagger has passed or an attempt has failed.
  void next() {
    if (!handler_ || next_ == endpoints_.size()) return;
    auto self = this->shared_from_this();
    auto attempt = std::make_shared<connected_socket>(executor_);
    attempts_.push_back(attempt);
    ++running_;
    attempt->async_connect(endpoints_[next_++],
                           asio::bind_executor(strand_, [self, attempt](const std::error_code& error) {
                             self->attempted(*attempt, error);
                           }));
    stagger_.expires_after(attempt_delay);
    stagger_.async_wait([self](const std::error_code& error) {
      if (!error) self->next();
    });
  }

  void attempted(connected_socket& socket, std::error_code error) {
    if (!handler_) return;
    --running_;
    if (!error) return finish({}, &socket);
    last_error_ = error;
    if (next_ < endpoints_.size()) return next();
    if (running_ == 0) finish(last_error_);
  }

  void finish(std::error_code error, connected_socket* winner = nullptr) {
    if (!handler_) return;
    auto outcome =
        winner != nullptr ? result<connected_socket>(std::move(*winner)) : result<connected_socket>(error);
    // Their handlers hold the other attempts too: only closing ends them.
    std::error_code ignored;
    for (const auto& attempt : attempts_) attempt->close(ignored);
    attempts_.clear();
    resolver_.cancel();
    stagger_.cancel();
    deadline_.cancel();
    auto handler = *std::move(handler_);
    handler_.reset();
    const auto to = asio::get_associated_executor(handler, executor_);
    asio::dispatch(to, [handler = std::move(handler), outcome = std::move(outcome)]() mutable {
      asio::get_associated_cancellation_slot(handler).clear();  // its owner's thread is here
      std::move(handler)(std::move(outcome));
    });
  }

  asio::any_io_executor executor_;
  asio::strand<asio::any_io_executor> strand_;
  host_and_port where_;
  operation_options limits_;
  asio::ip::basic_resolver<tcp_protocol, asio::any_io_executor> resolver_;
  asio::steady_timer deadline_, stagger_;
  std::optional<Handler> handler_;
  std::optional<std::stop_callback<cancel_function>> stop_;
  endpoint_list endpoints_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::error_code last_error_ = asio::error::host_not_found;
  std::vector<std::shared_ptr<connected_socket>> attempts_;
};

struct start_race {
  template <typename Handler>
  void operator()(Handler&& handler, asio::any_io_executor executor, host_and_port where,
                  operation_options limits) const {
    std::make_shared<race<std::decay_t<Handler>>>(std::move(executor), std::move(where), std::move(limits),
                                                  std::forward<Handler>(handler))
        ->start();
  }
};

}  // namespace

task<result<connected_socket>> connect_race(asio::any_io_executor executor, host_and_port where,
                                            operation_options limits) {
  auto outcome = asio::async_initiate<const asio::use_awaitable_t<>&, void(result<connected_socket>)>(
      start_race{}, asio::use_awaitable, executor, std::move(where), std::move(limits));
  co_return co_await std::move(outcome);
}

}  // namespace coseal
