#pragma once

#include <coseal/client.hpp>
#include <coseal/handler.hpp>
#include <coseal/log.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace coseal {

/// Middleware for both sides: one entry a call, with its action, peer, duration and how it ended; never what
/// is in it. `runtime.use(log_calls(lines))`, `serve_options::around`, `client_options::around`.
class log_calls {
 public:
  explicit log_calls(log to, log_level level = log_level::debug) noexcept
      : to_(std::move(to)), level_(level) {}

  task<void> operator()(context& with, next_handler next) const;
  task<call_end> operator()(std::string_view action, next_call next) const;

 private:
  log to_;
  log_level level_;
};

/// Middleware of a server: handlers run only for calls that `allowed` says yes to; others are told
/// call_errc::refused with `text`. What it throws is call_errc::handler_failed there: no either way.
around_handler authorise_calls(std::function<task<bool>(const context&)> allowed,
                               std::string text = "not allowed");

}  // namespace coseal
