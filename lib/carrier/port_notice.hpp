#pragma once

#include <coseal/http.hpp>

namespace coseal {

/// For people who look at a port of coseal with HTTP: 426 with what this is, 404 to whatever would change
/// something.
http_response port_notice(const http_request& asked);

}  // namespace coseal
