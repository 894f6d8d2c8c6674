#pragma once

#include <coseal/carrier.hpp>

#include <cstddef>
#include <memory>
#include <vector>

namespace coseal {

/// `stream`, of which `first` has been read already: it comes again before the rest. `kept` goes with the
/// carrier: what it takes up of a limit.
std::unique_ptr<duplex_carrier> replayed(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first,
                                         std::shared_ptr<void> kept = nullptr);

}  // namespace coseal
