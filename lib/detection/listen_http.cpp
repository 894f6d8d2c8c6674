#include "detection/http_side.hpp"

#include <coseal/error.hpp>
#include <coseal/listen_any.hpp>

#include <utility>

namespace coseal {
namespace {

/// Accepts no carrier, ever: what comes is served as HTTP.
class listening_for_http final : public acceptor {
 public:
  listening_for_http(std::unique_ptr<acceptor> streams, const asio::any_io_executor& executor,
                     const listen_any_options& options)
      : streams_(std::move(streams)), http_(std::make_shared<http_side>(executor, options)) {}
  ~listening_for_http() override { http_->drain(); }

  task<result<std::unique_ptr<duplex_carrier>>> accept() override {
    const auto http = http_;  // this object may go while it waits
    for (;;) {
      auto stream = co_await streams_->accept();
      if (!stream) co_return stream.error();
      http->take(*std::move(stream), {});
    }
  }
  std::string address() const override {
    const std::string streams = streams_->address();
    const auto at = streams.find("://");
    if (at == std::string::npos) return streams;
    return (streams.starts_with("tls://") ? "https" : "http") + streams.substr(at);
  }
  void close() noexcept override {
    streams_->close();
    http_->drain();
  }

 private:
  const std::shared_ptr<acceptor> streams_;
  const std::shared_ptr<http_side> http_;
};

}  // namespace

listen_address listen_http(std::string address, listen_any_options options) {
  return listen_http(place_of_streams(address, "http://"), std::move(options));
}

listen_address listen_http(listen_address streams, listen_any_options options) {
  std::string name = "http, at " + streams.name();
  listen_address::answering_function answering;
  if (!options.http())
    answering = [streams, options](http_handler by) {
      listen_any_options answered = options;
      return listen_http(streams, answered.http(std::move(by)));
    };
  return listen_address(
      std::move(name),
      [streams = std::move(streams), options = std::move(options)](
          const asio::any_io_executor& executor) -> result<std::unique_ptr<acceptor>> {
        auto bound = streams.open(executor);
        if (!bound) return bound.error();
        std::unique_ptr<acceptor> made =
            std::make_unique<listening_for_http>(*std::move(bound), executor, options);
        return made;
      },
      std::move(answering));
}

}  // namespace coseal
