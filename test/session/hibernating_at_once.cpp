#include "session/hibernate_at_once.hpp"

namespace {

[[maybe_unused]] const bool on = (coseal::hibernate_at_once_for_testing(true), true);

}  // namespace
