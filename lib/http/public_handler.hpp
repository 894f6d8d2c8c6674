#pragma once

#include "http/message.hpp"
#include "http/server_options.hpp"

#include <coseal/http.hpp>

#include <string>

namespace coseal::http {

/// The application's handler as one of a server's. `source` is that of the connection that it is for.
handler by(http_handler answers, std::string source);

/// The application's request as one of ours, and our response as one of the application's.
request from_public(http_request asked);
http_response to_public(response made);

}  // namespace coseal::http
