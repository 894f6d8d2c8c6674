#include "detection/http_side.hpp"

#include "carrier/port_notice.hpp"
#include "carrier/replayed_carrier.hpp"
#include "http/public_handler.hpp"

#include <asio/post.hpp>

#include <string>
#include <utility>

namespace coseal {
namespace {

constexpr std::size_t most_farewells = 64;  // as many as the server says 503 to

task<http_response> notice(http_request asked) {
  co_return port_notice(asked);
}

http::server_options http_limits(const listen_any_options& options) {
  http::server_options limits;
  limits.connections = options.http_connections();
  limits.origins = options.origins();
  limits.hosts = options.hosts();
  limits.body.bytes = options.max_body();
  return limits;
}

}  // namespace

http_side::http_side(asio::any_io_executor executor, const listen_any_options& options)
    : strand_(asio::make_strand(std::move(executor))),
      answers_(options.http() ? options.http() : http_handler(notice)),
      places_(std::make_shared<places>(options.http_connections() + most_farewells,
                                       options.http_connections_a_source())),
      server_(
          std::make_shared<http::server>(strand_, http::handler(), http_limits(options), options.time())) {}

void http_side::take(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first) {
  std::string source = stream->source();
  auto place = places_->take(source);
  if (!place) return stream->close();
  auto carrier = replayed(std::move(stream), std::move(first), std::move(place));
  asio::post(strand_, [server = server_, carrier = std::move(carrier),
                       answers = http::by(answers_, std::move(source))]() mutable {
    server->take(std::move(carrier), std::move(answers));
  });
}

void http_side::drain() noexcept {
  asio::post(strand_, [server = server_] { server->drain(); });
}

listen_address place_of_streams(std::string_view text, std::string_view scheme) {
  if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  if (text.starts_with("unix:")) return listen_unix(std::string(text.substr(5)));
  return listen_tcp(std::string(text));
}

}  // namespace coseal
