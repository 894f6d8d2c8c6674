#pragma once

namespace coseal {

/// Sessions hibernate whenever nothing is under way, instead of after their time; for tests that must not see
/// a difference.
void hibernate_at_once_for_testing(bool on) noexcept;

}  // namespace coseal
