#pragma once

#include "http/message.hpp"
#include "http/server_options.hpp"

#include <coseal/http.hpp>

#include <string>

namespace coseal::http {

/// The application's handler as one of a server's. `source` is that of the connection that it is for.
handler by(http_handler answers, std::string source);

}  // namespace coseal::http
