#pragma once

#include "channel/call_message.hpp"

#include <coseal/call_end.hpp>

namespace coseal {

/// What an ERROR means to the caller. `memory` is what it lies in.
call_end end_of(const call_message& message, frame memory);

}  // namespace coseal
