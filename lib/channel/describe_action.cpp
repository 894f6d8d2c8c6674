#include "channel/describe_action.hpp"

#include <coseal/handle.hpp>

#include <memory>

namespace coseal {
namespace {

struct describe_call {
  using reply = std::string;
};
COSEAL_ACTION(describe_call)

task<std::string> give_description(std::shared_ptr<const std::string> text) {
  co_return *text;
}

}  // namespace

handler describe_handler(std::string text, security_level weakest) {
  const auto shared = std::make_shared<const std::string>(std::move(text));
  return handle<describe_call>([shared](const describe_call&) { return give_description(shared); })
      .requires_level(weakest);
}

}  // namespace coseal
