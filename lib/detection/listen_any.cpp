#include "carrier/places.hpp"
#include "carrier/port_notice.hpp"
#include "carrier/replayed_carrier.hpp"
#include "detection/detecting_carrier.hpp"
#include "http/public_handler.hpp"
#include "http/server.hpp"

#include <coseal/error.hpp>
#include <coseal/listen_any.hpp>

#include <asio/post.hpp>
#include <asio/strand.hpp>

#include <string_view>
#include <utility>

namespace coseal {
namespace {

task<http_response> notice(http_request asked) {
  co_return port_notice(asked);
}

/// Serves what is HTTP, on a strand, within limits of its own: these connections are none of the listener's
/// any more.
class http_side : public std::enable_shared_from_this<http_side> {
 public:
  http_side(asio::any_io_executor executor, const listen_any_options& options)
      : strand_(asio::make_strand(std::move(executor))),
        answers_(options.http() ? options.http() : http_handler(notice)),
        places_(std::make_shared<places>(options.http_connections() + most_farewells,
                                         options.http_connections_a_source())),
        server_(std::make_shared<http::server>(strand_, http::handler(), limits(options), options.time())) {}

  void take(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first) {
    std::string source = stream->source();
    auto place = places_->take(source);
    if (!place) return stream->close();
    auto carrier = replayed(std::move(stream), std::move(first), std::move(place));
    asio::post(strand_, [server = server_, carrier = std::move(carrier),
                         answers = http::by(answers_, std::move(source))]() mutable {
      server->take(std::move(carrier), std::move(answers));
    });
  }
  void drain() noexcept {
    asio::post(strand_, [server = server_] { server->drain(); });
  }

 private:
  static constexpr std::size_t most_farewells = 64;  // as many as the server says 503 to

  static http::server_options limits(const listen_any_options& options) {
    http::server_options limits;
    limits.connections = options.http_connections();
    limits.origins = options.origins();
    limits.hosts = options.hosts();
    return limits;
  }

  asio::strand<asio::any_io_executor> strand_;
  http_handler answers_;
  std::shared_ptr<places> places_;
  std::shared_ptr<http::server> server_;
};

class listening_for_any final : public acceptor {
 public:
  listening_for_any(std::unique_ptr<acceptor> streams, const asio::any_io_executor& executor,
                    const listen_any_options& options)
      : streams_(std::move(streams)), http_(std::make_shared<http_side>(executor, options)) {
    auto others = std::make_shared<other_protocols>();
    others->upgrades.origins = options.origins();
    others->tls = options.tls();
    others->http = [side = http_](std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first) {
      side->take(std::move(stream), std::move(first));
    };
    others_ = std::move(others);
  }
  ~listening_for_any() override { http_->drain(); }

  task<result<std::unique_ptr<duplex_carrier>>> accept() override {
    const auto others = others_;  // this object may go while it waits
    auto stream = co_await streams_->accept();
    if (!stream) co_return stream.error();
    co_return detecting(*std::move(stream), others);
  }
  std::string address() const override { return streams_->address(); }
  void close() noexcept override {
    streams_->close();
    http_->drain();
  }

 private:
  std::unique_ptr<acceptor> streams_;
  std::shared_ptr<http_side> http_;
  std::shared_ptr<const other_protocols> others_;
};

listen_address place_of_streams(std::string_view text) {
  if (text.starts_with("any://")) text.remove_prefix(6);
  if (text.starts_with("unix:")) return listen_unix(std::string(text.substr(5)));
  return listen_tcp(std::string(text));
}

}  // namespace

listen_address listen_any(std::string address, listen_any_options options) {
  return listen_any(place_of_streams(address), std::move(options));
}

listen_address listen_any(listen_address streams, listen_any_options options) {
  std::string name = "any, at " + streams.name();
  return listen_address(std::move(name),
                        [streams = std::move(streams), options = std::move(options)](
                            const asio::any_io_executor& executor) -> result<std::unique_ptr<acceptor>> {
                          auto bound = streams.open(executor);
                          if (!bound) return bound.error();
                          std::unique_ptr<acceptor> made =
                              std::make_unique<listening_for_any>(*std::move(bound), executor, options);
                          return made;
                        });
}

}  // namespace coseal
