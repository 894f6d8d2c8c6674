#include "carrier/address.hpp"
#include "crypto/base64.hpp"
#include "http/connect_tunnel.hpp"
#include "http/url.hpp"

#include <coseal/error.hpp>
#include <coseal/proxy.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

using carrier_result = result<std::unique_ptr<duplex_carrier>>;

/// RFC 7617 2: no colon in the user, no control bytes in either.
std::string basic_authorization(const proxy_options& options) {
  if (options.user.empty()) {
    if (!options.password.empty()) throw error(errc::invalid_option, "password: whose is it?");
    return {};
  }
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (options.user.find(':') != std::string::npos || std::ranges::any_of(options.user, is_control) ||
      std::ranges::any_of(options.password, is_control))
    throw error(errc::invalid_option, "user, password: no control bytes, no colon in the user");
  const std::string both = options.user + ":" + options.password;
  return "Basic " + to_base64(std::as_bytes(std::span(both)));
}

task<carrier_result> open_via_proxy(transport proxy, std::string target, std::string authorization,
                                    asio::any_io_executor executor, operation_options limits) {
  const auto time = steady_clock();
  const auto deadline = limits.duration() ? time->now() + *limits.duration() : clock::time_point::max();
  const auto token = limits.token();
  auto opened = co_await proxy.open(std::move(executor), std::move(limits));
  if (!opened) co_return opened.error();
  carrier_io io(**opened, *time, token);
  const auto tunnel =
      co_await http::connect_tunnel(io, std::move(target), std::move(authorization), deadline);
  if (!tunnel) {
    (*opened)->close();
    co_return tunnel.error();
  }
  co_return *std::move(opened);
}

}  // namespace

transport via_proxy(std::string proxy, std::string target, proxy_options options) {
  const auto where = http::parse_url(proxy);
  if (!where || where->secure || where->target != "/")
    throw error(errc::invalid_address, "'" + proxy + "' is not http://host:port");
  if (!host_and_port::parse(target) || !http::parse_url("http://" + target + "/"))
    throw error(errc::invalid_address, "'" + target + "' is not host:port");
  std::string authorization = basic_authorization(options);
  transport to_proxy = tcp(where->address, std::move(options.socket));
  std::string name = "tcp://" + target;
  return transport(std::move(name), [to_proxy = std::move(to_proxy), target = std::move(target),
                                     authorization = std::move(authorization)](asio::any_io_executor executor,
                                                                               operation_options limits) {
    return open_via_proxy(to_proxy, target, authorization, std::move(executor), std::move(limits));
  });
}

}  // namespace coseal
