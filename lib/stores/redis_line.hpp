#pragma once

#include "stores/redis_connection.hpp"
#include "stores/store_thread.hpp"

#include <coseal/redis.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace coseal {

/// A Redis as coroutines on any executor see it: one connection on a thread, which may be shared. Closed when
/// it goes; in a child of fork() it is left as it is.
class redis_line {
 public:
  /// Throws coseal::error (errc::invalid_address, invalid_option).
  static redis_url checked(const std::string& url, const redis_options& options);

  redis_line(std::shared_ptr<store_thread> thread, redis_url where, clock::duration within)
      : thread_(std::move(thread)), end_(std::make_shared<far_end>(std::move(where), within)) {}
  redis_line(const redis_line&) = delete;
  redis_line& operator=(const redis_line&) = delete;
  ~redis_line();

  /// As redis_connection::ask; errc::used_after_fork.
  task<result<redis_answer>> ask(std::vector<std::string> command);
  /// As redis_connection::listen; `on_message` is called on the thread.
  void listen(std::string topic, std::function<void(std::string_view)> on_message);

 private:
  /// What the thread works with.
  struct far_end {
    far_end(redis_url there, clock::duration limit) : where(std::move(there)), within(limit) {}
    redis_connection& connection(asio::io_context& io);

    const redis_url where;
    const clock::duration within;
    std::shared_ptr<redis_connection> made;
  };
  static task<result<redis_answer>> ask(std::shared_ptr<store_thread> thread, std::shared_ptr<far_end> end,
                                        std::vector<std::string> command);

  const std::shared_ptr<store_thread> thread_;
  const std::shared_ptr<far_end> end_;
};

}  // namespace coseal
