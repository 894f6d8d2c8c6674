#pragma once
// ping, connect and listen where the address is a URL of HTTP: calls instead of a session.

#include "exit_code.hpp"
#include "outgoing.hpp"
#include "peer_options.hpp"
#include "reporter.hpp"

#include <coseal/asio.hpp>
#include <coseal/exchange.hpp>

#include <functional>
#include <stop_token>
#include <string>

namespace coseal::tool {

bool is_http_address(const std::string& address);

/// Calls that are sent back, one after the other. Throws failure.
task<exit_code> ping_over_http(const outgoing_options& options, unsigned count, double interval,
                               reporter report, std::stop_token stop);
/// One call: standard input, or the file, is asked; the answer goes to standard output. Throws failure.
task<exit_code> call_over_http(const outgoing_options& options, const std::string& file, reporter report,
                               std::stop_token stop);
/// Answers each call with what it brings.
exchange_server echo_server(const endpoint& self, security_level minimum, const reporter& report);
/// Calls to it, and for everybody else what this port is.
http_handler echo_or_notice(exchange_server server);
/// Answers each call with what it brings on an address of its own, until it is stopped. `opened` is told the
/// address and the key. Throws failure.
task<exit_code> listen_over_http(const own_options& own, security_level minimum, const trust_options& trust,
                                 const tls_server_options& tls, reporter report,
                                 std::function<void(const std::string&, const public_key&)> opened,
                                 std::stop_token stop);

}  // namespace coseal::tool
