#pragma once

#include "http/message.hpp"
#include "http/server_options.hpp"

#include <coseal/http.hpp>

#include <string>

namespace coseal::http {

/// The application's handler as one of a server's. `source` is that of the connection that it is for.
handler by(http_handler answers, std::string source);

/// Requests and responses of the application as ours, and the other way round.
request from_public(http_request asked);
response from_public(http_response given);
http_response to_public(response made);

}  // namespace coseal::http
