#pragma once

#include "request.hpp"

namespace coseal::bench {

/// What request does, by typed calls of a channel.
run_result call_channel(const request_load& load);

}  // namespace coseal::bench
