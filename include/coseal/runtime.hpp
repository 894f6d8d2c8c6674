#pragma once

#include <coseal/asio.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/handle.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace coseal {

/// Who this program is, where its coroutines run, and what it handles in every channel. One for each program;
/// servers and clients take what they need of it, and do not need it to live on.
class runtime {
 public:
  runtime(asio::any_io_executor executor, coordinate who, std::shared_ptr<storage> store,
          identity_mode mode = identity_mode::create_if_missing, trust_options trust = {})
      : executor_(std::move(executor)), self_(std::move(who), std::move(store), mode, std::move(trust)) {}

  runtime(asio::any_io_executor executor, endpoint self)
      : executor_(std::move(executor)), self_(std::move(self)) {}

  /// For all channels that are served or connected from now on.
  runtime& handle(handler with) { return handlers_.push_back(std::move(with)), *this; }
  /// Around all handlers of servers; the first is the outermost.
  runtime& use(around_handler middleware) { return around_.push_back(std::move(middleware)), *this; }

  /// As endpoint::observe: before the first channel is served or connected.
  runtime& observe(metrics numbers) { return self_.observe(std::move(numbers)), *this; }
  runtime& observe(log lines) { return self_.observe(std::move(lines)), *this; }
  runtime& observe(std::shared_ptr<tracer> spans) { return self_.observe(std::move(spans)), *this; }

  const asio::any_io_executor& executor() const noexcept { return executor_; }
  const endpoint& self() const noexcept { return self_; }
  const std::vector<handler>& handlers() const noexcept { return handlers_; }
  const std::vector<around_handler>& around() const noexcept { return around_; }

 private:
  asio::any_io_executor executor_;
  endpoint self_;
  std::vector<handler> handlers_;
  std::vector<around_handler> around_;
};

}  // namespace coseal
