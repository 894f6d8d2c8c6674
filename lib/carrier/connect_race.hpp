#pragma once

#include "carrier/address.hpp"

#include <coseal/asio.hpp>
#include <coseal/operation_options.hpp>
#include <coseal/result.hpp>

#include <asio/ip/tcp.hpp>

namespace coseal {

using connected_socket = asio::basic_stream_socket<asio::ip::tcp, asio::any_io_executor>;

/// Happy Eyeballs (RFC 8305): resolves, then tries the addresses 250 ms apart, families in turn, IPv6 first;
/// the first that connects wins and the others are closed. The last network error, errc::timed_out or
/// errc::cancelled otherwise.
task<result<connected_socket>> connect_race(asio::any_io_executor executor, host_and_port where,
                                            operation_options limits);

}  // namespace coseal
