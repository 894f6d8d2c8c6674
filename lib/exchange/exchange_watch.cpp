#include "exchange/exchange_watch.hpp"

#include "observe/outcome_label.hpp"

#include <coseal/error.hpp>

namespace coseal {

void watch_response(const observation& by, unsigned status) {
  if (!by.numbers) return;
  by.numbers
      ->add_counter("coseal_http_requests_total",
                    "Requests for calls over HTTP, by the status of the answer.",
                    {{"code", std::to_string(status)}})
      .add();
}

void watch_exchange(const observation& by, std::error_code why, const std::string& source,
                    const std::string& text) {
  if (by.numbers)
    by.numbers
        ->add_counter("coseal_exchange_calls_total", "Secure calls over HTTP, by what became of them.",
                      {{"result", std::string(outcome_label(why))}})
        .add();
  if (!why) return;
  const bool ours = why == errc::peer_failed;
  by.lines.write(ours ? log_level::error : log_level::warning, "exchange",
                 ours ? "a handler failed" : "a request was refused", [&](log_fields& f) {
                   f.add("source", source).add("result", outcome_label(why));
                   f.add("reason", text.empty() ? why.message() : text);
                 });
}

void watch_exchange_session(const observation& by, security_level level) {
  if (by.numbers)
    by.numbers
        ->add_counter("coseal_exchange_sessions_total", "Sessions of calls over HTTP that were begun.",
                      {{"level", std::string(to_string(level))}})
        .add();
  by.lines.write(log_level::info, "exchange", "a session was begun",
                 [&](log_fields& f) { f.add("security", to_string(level)); });
}

}  // namespace coseal
