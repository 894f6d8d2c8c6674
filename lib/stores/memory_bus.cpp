#include <coseal/message_bus.hpp>

#include <memory>
#include <mutex>
#include <utility>

namespace coseal {
namespace {

struct bus_listener {
  std::string topic;
  std::function<void(const std::vector<std::byte>&)> on_message;
};

class bus_in_memory final : public message_bus {
 public:
  task<result<void>> publish(std::string topic, std::vector<std::byte> message) override {
    std::vector<std::shared_ptr<bus_listener>> listening;
    {
      const std::lock_guard lock(mutex_);
      std::erase_if(listeners_, [](const auto& each) { return each.expired(); });
      for (const auto& each : listeners_)
        if (auto alive = each.lock(); alive && alive->topic == topic) listening.push_back(std::move(alive));
    }
    const std::lock_guard lock(calling_);
    for (const auto& each : listening) each->on_message(message);
    co_return result<void>();
  }

  subscription subscribe(std::string topic,
                         std::function<void(const std::vector<std::byte>&)> on_message) override {
    auto made = std::make_shared<bus_listener>(bus_listener{std::move(topic), std::move(on_message)});
    const std::lock_guard lock(mutex_);
    listeners_.push_back(made);
    return made;
  }

 private:
  std::mutex mutex_;
  std::mutex calling_;
  std::vector<std::weak_ptr<bus_listener>> listeners_;
};

}  // namespace

std::shared_ptr<message_bus> memory_bus() {
  return std::make_shared<bus_in_memory>();
}

}  // namespace coseal
