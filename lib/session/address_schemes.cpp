// Addresses as people write them. Above all carriers, since it knows each one that is built in.

#include "carrier/address.hpp"

#include <coseal/error.hpp>
#include <coseal/transport.hpp>
#if defined(COSEAL_HAVE_WEBSOCKET)
#include <coseal/listen_any.hpp>
#include <coseal/websocket.hpp>
#endif

namespace coseal {
namespace {

bool takes(std::string_view& address, std::string_view scheme) {
  if (!address.starts_with(scheme)) return false;
  address.remove_prefix(scheme.size());
  return true;
}

#if defined(COSEAL_HAVE_WEBSOCKET)
result<transport> ws_from(std::string_view address, socket_options options) try {
  websocket_options with;
  with.socket = std::move(options);
  return ws(std::string(address), std::move(with));
} catch (const error& wrong) {
  return wrong.code();
}

result<listen_address> listen_ws_from(std::string_view address, socket_options options) try {
  listen_websocket_options with;
  with.socket = std::move(options);
  return listen_ws(std::string(address), std::move(with));
} catch (const error& wrong) {
  return wrong.code();
}

result<listen_address> listen_any_from(std::string_view address, socket_options options) {
  if (address.starts_with("ws://") || address.starts_with("any://")) return errc::invalid_address;
  auto streams = listen_address_from(address, std::move(options));
  if (!streams) return streams.error();
  return listen_any(*std::move(streams));
}
#endif

}  // namespace

result<transport> transport_from(std::string_view address, socket_options options) {
#if defined(COSEAL_HAVE_WEBSOCKET)
  if (address.starts_with("ws://")) return ws_from(address, std::move(options));
#endif
  if (takes(address, "unix:")) {
    if (!is_socket_path(address)) return errc::invalid_address;
    return unix_socket(std::string(address), std::move(options));
  }
  takes(address, "tcp://");
  if (!host_and_port::parse(address)) return errc::invalid_address;
  return tcp(std::string(address), std::move(options));
}

result<listen_address> listen_address_from(std::string_view address, socket_options options) {
#if defined(COSEAL_HAVE_WEBSOCKET)
  if (address.starts_with("ws://")) return listen_ws_from(address, std::move(options));
  if (takes(address, "any://")) return listen_any_from(address, std::move(options));
#endif
  if (takes(address, "unix:")) {
    if (!is_socket_path(address)) return errc::invalid_address;
    return listen_unix(std::string(address), std::move(options));
  }
  takes(address, "tcp://");
  if (!host_and_port::parse(address)) return errc::invalid_address;
  return listen_tcp(std::string(address), port_sharing::exclusive, std::move(options));
}

}  // namespace coseal
