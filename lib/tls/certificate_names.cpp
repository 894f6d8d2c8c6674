#include "tls/certificate_names.hpp"

#include "tls/wolfssl.hpp"

#include <asio/ip/address.hpp>

#include <algorithm>

namespace coseal::tls {
namespace {

constexpr int dns_name = 2, ip_address = 7;  // RFC 5280 4.2.1.6, GeneralName

char lower_case(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool same_name(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower_case, lower_case);
}

bool matches(std::string_view pattern, std::string_view host) noexcept {
  if (!pattern.starts_with("*.")) return same_name(pattern, host);
  const std::string_view rest = pattern.substr(1);
  const auto dot = host.find('.');
  return dot != 0 && dot != std::string_view::npos && rest.find('.', 1) != std::string_view::npos &&
         rest.find('*') == std::string_view::npos && same_name(rest, host.substr(dot));
}

template <typename Bytes>
bool same_bytes(std::string_view text, const Bytes& bytes) noexcept {
  return std::ranges::equal(text, bytes, {}, [](char c) { return static_cast<unsigned char>(c); });
}

bool is_address(std::string_view bytes, const asio::ip::address& wanted) {
  return wanted.is_v4() ? same_bytes(bytes, wanted.to_v4().to_bytes())
                        : same_bytes(bytes, wanted.to_v6().to_bytes());
}

}  // namespace

certificate_names certificate_names::of(WOLFSSL_X509* certificate) {
  certificate_names found;
  auto* const all = static_cast<WOLFSSL_STACK*>(
      wolfSSL_X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (all == nullptr) return found;
  for (int i = 0; i < wolfSSL_sk_GENERAL_NAME_num(all); ++i) {
    const WOLFSSL_GENERAL_NAME* const name = wolfSSL_sk_GENERAL_NAME_value(all, i);
    if (name == nullptr || (name->type != dns_name && name->type != ip_address)) continue;
    WOLFSSL_ASN1_STRING* const text = name->d.ia5;
    if (text == nullptr) continue;
    auto& into = name->type == dns_name ? found.dns : found.addresses;
    into.emplace_back(reinterpret_cast<const char*>(wolfSSL_ASN1_STRING_data(text)),
                      static_cast<std::size_t>(wolfSSL_ASN1_STRING_length(text)));
  }
  wolfSSL_sk_GENERAL_NAME_pop_free(all, nullptr);
  return found;
}

bool certificate_names::include(std::string_view host) const {
  std::error_code no_address;
  const auto wanted = asio::ip::make_address(std::string(host), no_address);
  if (!no_address)
    return std::ranges::any_of(addresses, [&](const auto& each) { return is_address(each, wanted); });
  if (host.ends_with('.')) host.remove_suffix(1);
  if (host.empty() || host.find('*') != std::string_view::npos) return false;
  return std::ranges::any_of(dns, [&](const auto& each) { return matches(each, host); });
}

}  // namespace coseal::tls
