#pragma once

#include <string_view>
#include <system_error>

namespace coseal {

/// An error as the value of a label: one of a dozen words, whatever a peer did. "ok" for none.
std::string_view outcome_label(std::error_code why) noexcept;

}  // namespace coseal
