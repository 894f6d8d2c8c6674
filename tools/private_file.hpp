#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace coseal::tool {

/// Makes `path` (mode 0600) with these bytes on the disk; never overwrites. Throws failure.
void write_private_file(const std::string& path, std::span<const std::byte> bytes);

}  // namespace coseal::tool
