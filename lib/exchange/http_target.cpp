#include "http/url.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>

namespace coseal {
namespace {

constexpr std::string_view plain_scheme = "http://";
constexpr std::string_view tls_scheme = "https://";

http::url parse(const std::string& url) {
  // Host and path are written alike; the port of https matters to the stream alone.
  const bool tls = url.starts_with(tls_scheme);
  auto parts = http::parse_url(tls ? std::string(plain_scheme) + url.substr(tls_scheme.size()) : url);
  if (!parts) throw error(errc::invalid_address, "'" + url + "' is not http://host[:port][/path]");
  return *std::move(parts);
}

transport tcp_stream(const std::string& url, socket_options options) {
  if (!url.starts_with(plain_scheme))
    throw error(errc::invalid_address,
                "'" + url + "' needs a stream of its own: TCP alone reaches http:// only");
  return tcp(parse(url).address, std::move(options));
}

}  // namespace

http_target::http_target(std::string url, socket_options options)
    : http_target(tcp_stream(url, std::move(options)), url) {}

http_target::http_target(transport stream, std::string url)
    : stream_(std::move(stream)), url_(std::move(url)) {
  auto parts = parse(url_);
  host_ = std::move(parts.host);
  target_ = std::move(parts.target);
}

}  // namespace coseal
