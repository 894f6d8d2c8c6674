#include "websocket/close_code.hpp"

#include <coseal/error.hpp>

#include <string>

namespace coseal::websocket {
namespace {

class category final : public std::error_category {
 public:
  const char* name() const noexcept override { return "coseal.websocket"; }
  std::string message(int value) const override {
    return "the WebSocket was closed with " + std::to_string(value) + ", " +
           std::string(to_string(static_cast<close_code>(value)));
  }
  std::error_condition default_error_condition(int value) const noexcept override {
    switch (static_cast<close_code>(value)) {
      case close_code::normal:
      case close_code::going_away:
      case close_code::none:
      case close_code::abnormal:
        return make_error_condition(condition::transport);
      case close_code::policy_violation:
        return make_error_condition(condition::refused);
      default:
        return make_error_condition(condition::malformed);
    }
  }
};

}  // namespace

bool may_be_sent(std::uint16_t code) noexcept {
  const bool defined = code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
  return defined || (code >= 3000 && code <= 4999);
}

std::string_view to_string(close_code code) noexcept {
  switch (code) {
    case close_code::normal:
      return "normal closure";
    case close_code::going_away:
      return "going away";
    case close_code::protocol_error:
      return "protocol error";
    case close_code::unsupported_data:
      return "unsupported data";
    case close_code::none:
      return "no code";
    case close_code::abnormal:
      return "no Close at all";
    case close_code::invalid_payload:
      return "invalid payload";
    case close_code::policy_violation:
      return "policy violation";
    case close_code::message_too_big:
      return "message too big";
    case close_code::missing_extension:
      return "missing extension";
    case close_code::internal_error:
      return "internal error";
  }
  return "a code of the application";
}

const std::error_category& close_category() noexcept {
  static const category instance;
  return instance;
}

}  // namespace coseal::websocket
