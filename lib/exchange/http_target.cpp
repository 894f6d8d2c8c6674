#include "http/url.hpp"

#include <coseal/error.hpp>
#include <coseal/exchange.hpp>
#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif

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

transport http_exchange(http_target where) {
  auto kept = std::make_shared<const http_target>(std::move(where));
  std::string name = kept->url();
  return transport(std::move(name), std::move(kept));
}

transport http_exchange(std::string url, socket_options options, [[maybe_unused]] tls_options tls) {
  const auto parts = http::parse_url(url);
  if (!parts) throw error(errc::invalid_address, "'" + url + "' is not http://host[:port][/path]");
  if (!parts->secure) return http_exchange(http_target(std::move(url), std::move(options)));
#if defined(COSEAL_HAVE_TLS)
  if (tls.alpn.empty()) tls.alpn.emplace_back("http/1.1");  // what a server of HTTP/2 must not choose
  transport stream = tls_stream(parts->address, std::move(tls), std::move(options));
  return http_exchange(http_target(std::move(stream), std::move(url)));
#else
  throw error(errc::invalid_address, "https:// needs a build with TLS");
#endif
}

}  // namespace coseal
