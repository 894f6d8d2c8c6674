#pragma once

#include "carrier/places.hpp"
#include "http/server.hpp"

#include <coseal/listen_any.hpp>

#include <asio/strand.hpp>

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace coseal {

/// Serves the HTTP of a port, on a strand, within limits of its own: these connections are none of the
/// listener's any more. Made by std::make_shared; calls may come from any thread.
class http_side : public std::enable_shared_from_this<http_side> {
 public:
  http_side(asio::any_io_executor executor, const listen_any_options& options);

  /// Takes over a connection of which `first` has been read.
  void take(std::unique_ptr<duplex_carrier> stream, std::vector<std::byte> first);
  /// Closes what is idle, lets finish what is being answered.
  void drain() noexcept;

 private:
  asio::strand<asio::any_io_executor> strand_;
  http_handler answers_;
  std::shared_ptr<places> places_;
  std::shared_ptr<http::server> server_;
};

/// "host:port" or "unix:path", behind `scheme` or not. Throws coseal::error (errc::invalid_address).
listen_address place_of_streams(std::string_view text, std::string_view scheme);

}  // namespace coseal
