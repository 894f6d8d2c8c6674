#include "websocket/close_code.hpp"

#include "support/catch.hpp"

#include <coseal/error.hpp>

using namespace coseal;
using websocket::close_code;

TEST_CASE("codes that may be sent are those that the RFC and its registry give away", "[websocket]") {
  for (const int code :
       {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4999}) {
    CAPTURE(code);
    CHECK(websocket::may_be_sent(static_cast<std::uint16_t>(code)));
  }
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    CAPTURE(code);
    CHECK_FALSE(websocket::may_be_sent(static_cast<std::uint16_t>(code)));
  }
}

TEST_CASE("a close is a failure by whose fault it is", "[websocket]") {
  CHECK(make_error_code(close_code::protocol_error) == condition::malformed);
  CHECK(make_error_code(close_code::message_too_big) == condition::malformed);
  CHECK(make_error_code(close_code::policy_violation) == condition::refused);
  CHECK(make_error_code(close_code::going_away) == condition::transport);
  CHECK(make_error_code(close_code::abnormal) == condition::transport);
  CHECK(make_error_code(close_code::protocol_error).message().find("1002") != std::string::npos);
}
