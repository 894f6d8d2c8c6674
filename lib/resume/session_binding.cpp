#include "crypto/secret.hpp"

#include <coseal/session_binding.hpp>
#include <coseal/session_start.hpp>

#include <utility>

namespace coseal {

session_binding::session_binding(session_binding&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})) {}

session_binding& session_binding::operator=(const session_binding& other) {
  session_binding copy(other);
  bytes_.swap(copy.bytes_);
  return *this;
}

session_binding& session_binding::operator=(session_binding&& other) noexcept {
  bytes_.swap(other.bytes_);
  return *this;
}

session_binding::~session_binding() {
  wipe(bytes_);
}

std::string_view to_string(session_start start) noexcept {
  switch (start) {
    case session_start::fresh:
      return "fresh";
    case session_start::resumed:
      return "resumed";
    case session_start::expired:
      return "expired";
  }
  return "unknown";
}

}  // namespace coseal
