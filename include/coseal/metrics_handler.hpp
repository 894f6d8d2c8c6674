#pragma once

#include <coseal/http.hpp>
#include <coseal/metrics.hpp>

namespace coseal {

/// Answers GET and HEAD of /metrics with what `from` holds; other paths with 404. Sources are read
/// once a second at most. For
/// listen_any_options::http, http_listener, or a server of your own. Whoever reaches it reads how busy this
/// program is and with what: it belongs on a port that only the monitoring reaches.
http_handler metrics_handler(metrics from);

}  // namespace coseal
