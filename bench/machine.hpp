#pragma once

#include "options.hpp"

#include <string>

namespace coseal::bench {

/// What a figure depends on beside the code, as lines for people: CPU, kernel, compiler, flags, backend,
/// sockets.
std::string describe_machine(const options& o);

}  // namespace coseal::bench
