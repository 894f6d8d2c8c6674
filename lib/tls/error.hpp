#pragma once

#include <system_error>

namespace coseal::tls {

/// "coseal.tls": what went wrong inside of TLS and has no code of coseal's. Values below zero are wolfSSL's,
/// others the alert (RFC 8446 6) that the peer sent.
const std::error_category& category() noexcept;

/// What a failure of wolfSSL means: errc where somebody must act on it, else category().
std::error_code error_of(int wolfssl_code) noexcept;
/// The peer gave up with this alert.
std::error_code error_of_alert(int description) noexcept;

}  // namespace coseal::tls
