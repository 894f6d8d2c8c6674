#pragma once

#include <coseal/asio.hpp>
#include <coseal/result.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace coseal {

/// Hands messages to all processes that listen: what serve_options::relay goes through. It is trusted with
/// nothing: messages are sealed by who sends them. Messages may be lost, also unnoticed. All calls may come
/// from any thread and overlap.
class message_bus {
 public:
  /// A listener; the calls to it end soon after its destruction.
  using subscription = std::shared_ptr<void>;

  virtual ~message_bus() = default;
  /// To all who listen on `topic`, the sender included. Errors: condition::storage.
  virtual task<result<void>> publish(std::string topic, std::vector<std::byte> message) = 0;
  /// `on_message` is called from any thread, one call at a time, and returns soon.
  virtual subscription subscribe(std::string topic,
                                 std::function<void(const std::vector<std::byte>& message)> on_message) = 0;
};

/// Within one process; for tests.
std::shared_ptr<message_bus> memory_bus();

}  // namespace coseal
