// Addresses as people write them. Above all carriers, since it knows each one that is built in.

#include "carrier/address.hpp"

#include <coseal/error.hpp>
#include <coseal/transport.hpp>
#if defined(COSEAL_HAVE_TLS)
#include <coseal/tls.hpp>
#endif
#if defined(COSEAL_HAVE_HTTP)
#include <coseal/exchange.hpp>
#endif
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

/// What `make` gives or throws.
template <typename T, typename Make>
result<T> attempt(const Make& make) try {
  return make();
} catch (const error& wrong) {
  return wrong.code();
}

[[maybe_unused]] bool is_http(std::string_view address) noexcept {
  return address.starts_with("http://") || address.starts_with("https://");
}

#if defined(COSEAL_HAVE_WEBSOCKET)
bool is_ws(std::string_view address) noexcept {
  return address.starts_with("ws://") || address.starts_with("wss://");
}

result<listen_address> listen_any_from(std::string_view address, socket_options options,
                                       [[maybe_unused]] tls_server_options tls) {
  if (is_ws(address) || is_http(address) || address.starts_with("any://")) return errc::invalid_address;
  auto streams = listen_address_from(address, std::move(options));
  if (!streams) return streams.error();
  return attempt<listen_address>([&] {
    listen_any_options with;
#if defined(COSEAL_HAVE_TLS)
    if (!tls.certificate_file.empty()) with.tls(terminate_tls(std::move(tls)));
#endif
    return listen_any(*std::move(streams), std::move(with));
  });
}

result<listen_address> listen_http_from(std::string_view address, socket_options options,
                                        [[maybe_unused]] tls_server_options tls) {
  const bool secure = address.starts_with("https://");
  address.remove_prefix(secure ? 8 : 7);
  address = address.substr(0, address.find('/'));
#if defined(COSEAL_HAVE_TLS)
  if (secure && tls.alpn.empty()) tls.alpn.emplace_back("http/1.1");
  if (secure)
    return attempt<listen_address>([&] {
      return listen_http(
          listen_tls(std::string(address), std::move(tls), port_sharing::exclusive, std::move(options)));
    });
#else
  if (secure) return errc::invalid_address;
#endif
  return attempt<listen_address>([&] {
    return listen_http(listen_tcp(std::string(address), port_sharing::exclusive, std::move(options)));
  });
}
#endif

}  // namespace

result<transport> transport_from(std::string_view address, socket_options options, tls_options tls) {
#if defined(COSEAL_HAVE_HTTP)
  if (is_http(address))
    return attempt<transport>(
        [&] { return http_exchange(std::string(address), std::move(options), std::move(tls)); });
#endif
#if defined(COSEAL_HAVE_WEBSOCKET)
  if (is_ws(address))
    return attempt<transport>([&] {
      websocket_options with;
      with.socket = std::move(options);
      with.tls = std::move(tls);
      return ws(std::string(address), std::move(with));
    });
#endif
#if defined(COSEAL_HAVE_TLS)
  if (takes(address, "tls://"))
    return attempt<transport>(
        [&] { return tls_stream(std::string(address), std::move(tls), std::move(options)); });
#endif
  if (takes(address, "unix:")) {
    if (!is_socket_path(address)) return errc::invalid_address;
    return unix_socket(std::string(address), std::move(options));
  }
  takes(address, "tcp://");
  if (!host_and_port::parse(address)) return errc::invalid_address;
  return tcp(std::string(address), std::move(options));
}

result<listen_address> listen_address_from(std::string_view address, socket_options options,
                                           tls_server_options tls) {
#if defined(COSEAL_HAVE_WEBSOCKET)
  if (is_ws(address))
    return attempt<listen_address>([&] {
      listen_websocket_options with;
      with.socket = std::move(options);
      with.tls = std::move(tls);
      return listen_ws(std::string(address), std::move(with));
    });
  if (is_http(address)) return listen_http_from(address, std::move(options), std::move(tls));
  if (takes(address, "any://")) return listen_any_from(address, std::move(options), std::move(tls));
#endif
#if defined(COSEAL_HAVE_TLS)
  if (takes(address, "tls://"))
    return attempt<listen_address>([&] {
      return listen_tls(std::string(address), std::move(tls), port_sharing::exclusive, std::move(options));
    });
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
