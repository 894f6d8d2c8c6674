#include "stores/redis_line.hpp"

#include <coseal/error.hpp>

namespace coseal {

using namespace std::chrono_literals;

redis_url redis_line::checked(const std::string& url, const redis_options& options) {
  auto where = redis_url::parse(url);
  if (!where)
    throw error(where.error(),
                "a Redis is redis://[user][:password]@host[:port][/database] or redis+unix:///path[?db=n]");
  if (options.within() < 1ms || options.within() > 1h)
    throw error(errc::invalid_option, "redis_options::within: 1 ms to 1 h");
  if (options.prefix().size() > 128)
    throw error(errc::invalid_option, "redis_options::prefix: up to 128 bytes");
  return *std::move(where);
}

redis_line::~redis_line() {
  if (thread_->is_forked()) {
    [[maybe_unused]] const auto* kept = new std::shared_ptr<far_end>(end_);  // the parent's
    return;
  }
  thread_->post_if_running([end = end_](asio::io_context&) {
    if (end->made != nullptr) end->made->close();
  });
}

redis_connection& redis_line::far_end::connection(asio::io_context& io) {
  if (made == nullptr) made = std::make_shared<redis_connection>(io, where, within);
  return *made;
}

task<result<redis_answer>> redis_line::ask(std::vector<std::string> command) {
  return ask(thread_, end_, std::move(command));
}

task<result<redis_answer>> redis_line::ask(std::shared_ptr<store_thread> thread, std::shared_ptr<far_end> end,
                                           std::vector<std::string> command) {
  const auto begin = [&](redis_connection::on_answer done) {
    auto work = [end, command = std::move(command), done](asio::io_context& io) mutable {
      end->connection(io).ask(std::move(command), std::move(done));
    };
    const auto posted = thread->post(std::move(work));
    if (!posted) done(posted.error());
  };
  co_return co_await await_from_elsewhere<result<redis_answer>>(begin);
}

void redis_line::listen(std::string topic, std::function<void(std::string_view)> on_message) {
  [[maybe_unused]] const auto posted =
      thread_->post([end = end_, topic = std::move(topic),
                     on_message = std::move(on_message)](asio::io_context& io) mutable {
        end->connection(io).listen(std::move(topic), std::move(on_message));
      });
}

}  // namespace coseal
