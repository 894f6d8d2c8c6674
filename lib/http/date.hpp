#pragma once

#include <chrono>
#include <string>

namespace coseal::http {

/// "Sun, 06 Nov 1994 08:49:37 GMT", whatever the locale.
std::string http_date(std::chrono::system_clock::time_point when);

}  // namespace coseal::http
