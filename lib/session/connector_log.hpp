#pragma once

#include <coseal/connector.hpp>
#include <coseal/log.hpp>

namespace coseal {

/// What a connector does, for who reads the log of its endpoint.
void tell(const log& lines, const connector_event& what);

}  // namespace coseal
