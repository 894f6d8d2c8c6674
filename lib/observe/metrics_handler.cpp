#include <coseal/metrics_handler.hpp>

#include <chrono>
#include <mutex>
#include <span>

namespace coseal {
namespace {

http_response say(unsigned status, std::string type, std::string_view text) {
  http_response made;
  made.status = status;
  made.fields.emplace_back("Content-Type", std::move(type));
  made.fields.emplace_back("Cache-Control", "no-store");
  const auto body = std::as_bytes(std::span(text));
  made.body.assign(body.begin(), body.end());
  return made;
}

/// Reading ten thousand sessions takes milliseconds: whoever asks again and again gets the last text.
class latest_text {
 public:
  explicit latest_text(metrics from) : from_(std::move(from)) {}

  std::string get() {
    const std::lock_guard lock(mutex_);
    const auto now = std::chrono::steady_clock::now();
    if (text_.empty() || now - made_ >= lifetime) {
      text_ = from_.prometheus();
      made_ = now;
    }
    return text_;
  }

 private:
  static constexpr std::chrono::seconds lifetime{1};

  const metrics from_;
  std::mutex mutex_;
  std::string text_;
  std::chrono::steady_clock::time_point made_;
};

task<http_response> answer_scrape(std::shared_ptr<latest_text> from, http_request asked) {
  constexpr auto plain = "text/plain; charset=utf-8";
  const std::string path = asked.target.substr(0, asked.target.find('?'));
  if (path != "/metrics") co_return say(404, plain, "there is /metrics\n");
  if (asked.method == "GET" || asked.method == "HEAD")
    co_return say(200, "text/plain; version=0.0.4; charset=utf-8", from->get());
  auto refused = say(405, plain, "");
  refused.fields.emplace_back("Allow", "GET, HEAD");
  co_return refused;
}

}  // namespace

http_handler metrics_handler(metrics from) {
  return [text = std::make_shared<latest_text>(std::move(from))](http_request asked) {
    return answer_scrape(text, std::move(asked));
  };
}

}  // namespace coseal
