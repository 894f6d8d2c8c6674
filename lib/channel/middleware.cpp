#include "channel/call_metrics.hpp"

#include <coseal/middleware.hpp>

#include <chrono>
#include <exception>

namespace coseal {
namespace {

double milliseconds_since(std::chrono::steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - began).count();
}

void add_trace(log_fields& fields, const std::optional<trace_context>& trace) {
  if (trace) fields.add("traceparent", trace->traceparent());
}

task<void> log_handler(log to, log_level level, context& with, next_handler next) {
  const auto began = std::chrono::steady_clock::now();
  std::exception_ptr failure;
  try {
    co_await next();
  } catch (...) {
    failure = std::current_exception();
  }
  to.write(level, "server", failure ? "a call was not answered" : "a call was answered", [&](log_fields& f) {
    f.add("action", with.action()).add("caller", with.claimed_coordinate().to_string());
    f.add("proved", with.caller().has_value()).add("security", to_string(with.level()));
    f.add("milliseconds", milliseconds_since(began));
    add_trace(f, with.trace());
  });
  if (failure) std::rethrow_exception(failure);
}

task<call_end> log_call(log to, log_level level, std::string action, next_call next) {
  const auto began = std::chrono::steady_clock::now();
  auto end = co_await next();
  to.write(level, "client", "a call ended", [&](log_fields& f) {
    f.add("action", action).add("outcome", outcome_word(end.outcome()));
    if (end.error()) f.add("reason", end.error().message());
    f.add("milliseconds", milliseconds_since(began));
  });
  co_return end;
}

task<void> ask_first(std::function<task<bool>(const context&)> allowed, std::string text, context& with,
                     next_handler next) {
  auto asking = allowed(with);
  if (!co_await std::move(asking)) throw call_refused(text);
  co_await next();
}

}  // namespace

task<void> log_calls::operator()(context& with, next_handler next) const {
  return log_handler(to_, level_, with, std::move(next));
}

task<call_end> log_calls::operator()(std::string_view action, next_call next) const {
  return log_call(to_, level_, std::string(action), std::move(next));
}

around_handler authorise_calls(std::function<task<bool>(const context&)> allowed, std::string text) {
  return [allowed = std::move(allowed), text = std::move(text)](context& with, next_handler next) {
    return ask_first(allowed, text, with, std::move(next));
  };
}

}  // namespace coseal
