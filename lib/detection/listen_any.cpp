#include "detection/detecting_carrier.hpp"
#include "detection/http_side.hpp"

#include <coseal/error.hpp>
#include <coseal/listen_any.hpp>

#include <string_view>
#include <utility>

namespace coseal {
namespace {

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

}  // namespace

listen_address listen_any(std::string address, listen_any_options options) {
  return listen_any(place_of_streams(address, "any://"), std::move(options));
}

listen_address listen_any(listen_address streams, listen_any_options options) {
  std::string name = "any, at " + streams.name();
  listen_address::answering_function answering;
  if (!options.http())
    answering = [streams, options](http_handler by) {
      listen_any_options answered = options;
      return listen_any(streams, answered.http(std::move(by)));
    };
  return listen_address(
      std::move(name),
      [streams = std::move(streams), options = std::move(options)](
          const asio::any_io_executor& executor) -> result<std::unique_ptr<acceptor>> {
        auto bound = streams.open(executor);
        if (!bound) return bound.error();
        std::unique_ptr<acceptor> made =
            std::make_unique<listening_for_any>(*std::move(bound), executor, options);
        return made;
      },
      std::move(answering));
}

}  // namespace coseal
