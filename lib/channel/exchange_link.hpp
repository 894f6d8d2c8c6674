#pragma once
// The exchange that a client's calls go over while nothing better is there.

#include <coseal/call_end.hpp>
#include <coseal/call_options.hpp>
#include <coseal/endpoint.hpp>
#include <coseal/peer.hpp>
#include <coseal/session_options.hpp>
#include <coseal/transport.hpp>

#include <asio/strand.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coseal {

class exchange_link {
 public:
  using strand_type = asio::strand<asio::any_io_executor>;
  /// Throws coseal::error in a build without HTTP, in which no transport leads here.
  static std::shared_ptr<exchange_link> make(strand_type strand, const endpoint& self,
                                             const http_target& where, const connect_options& wanted);
  virtual ~exchange_link() = default;

  /// Whether anybody listens there. On the strand.
  virtual task<result<void>> open(operation_options options) = 0;
  /// One call to its end. On the strand.
  virtual task<call_end> call(std::uint64_t position, std::vector<std::byte> fields,
                              call_options options) = 0;
  /// From anywhere: all calls end now, and later ones at once.
  virtual void stop() noexcept = 0;
  /// From anywhere: whom we want, with the key once it was proved.
  virtual std::shared_ptr<coseal::peer> peer() const = 0;
};

}  // namespace coseal
