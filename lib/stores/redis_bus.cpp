#include "stores/redis_line.hpp"

#include <coseal/error.hpp>
#include <coseal/redis.hpp>

#include <span>
#include <utility>

namespace coseal {
namespace {

std::vector<std::byte> bytes_in(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

class bus_by_redis final : public message_bus {
 public:
  bus_by_redis(redis_url where, const redis_options& options)
      : where_(where),
        within_(options.within()),
        prefix_(options.prefix()),
        out_(thread_, std::move(where), within_) {}

  task<result<void>> publish(std::string topic, std::vector<std::byte> message) override {
    std::vector<std::string> words{
        "PUBLISH", prefix_ + topic,
        std::string(reinterpret_cast<const char*>(message.data()), message.size())};
    const auto said = co_await out_.ask(std::move(words));
    if (!said) co_return said.error();
    if (said->what != redis_answer::kind::integer) co_return errc::storage_failed;
    co_return result<void>();
  }

  // A connection of its own: one that listens can do nothing else.
  subscription subscribe(std::string topic,
                         std::function<void(const std::vector<std::byte>&)> on_message) override {
    auto line = std::make_shared<redis_line>(thread_, where_, within_);
    line->listen(prefix_ + topic,
                 [on_message = std::move(on_message)](std::string_view text) { on_message(bytes_in(text)); });
    return line;
  }

 private:
  const redis_url where_;
  const clock::duration within_;
  const std::string prefix_;
  const std::shared_ptr<store_thread> thread_ = std::make_shared<store_thread>();
  redis_line out_;
};

}  // namespace

std::shared_ptr<message_bus> redis_bus(std::string url, redis_options options) {
  auto where = redis_line::checked(url, options);
  return std::make_shared<bus_by_redis>(std::move(where), options);
}

}  // namespace coseal
