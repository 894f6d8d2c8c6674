#include "tls/context.hpp"

#include "tls/wolfssl.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <new>

namespace coseal::tls {
namespace {

/// ChaCha20 first: without AES instructions, as Debian builds wolfSSL, its AES is slow and looks up tables.
constexpr const char* suites =
    "TLS13-CHACHA20-POLY1305-SHA256:TLS13-AES128-GCM-SHA256:TLS13-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

void must(int status) {
  if (status != WOLFSSL_SUCCESS) throw std::bad_alloc();  // of all that can fail here
}

WOLFSSL_CTX* new_context(WOLFSSL_METHOD* (*method)()) {
  static const int initialised = wolfSSL_Init();
  must(initialised);
  WOLFSSL_CTX* const made = wolfSSL_CTX_new(method());
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ",") + name;
  return text;
}

}  // namespace

bool is_protocol_list(const std::vector<std::string>& names) noexcept {
  return std::ranges::all_of(names, [](const std::string& name) {
    return !name.empty() && name.size() <= 255 && name.find(',') == std::string::npos;
  });
}

context::context(WOLFSSL_CTX* made, const std::vector<std::string>& alpn)
    : context_(made), alpn_(joined(alpn)) {
  must(wolfSSL_CTX_SetMinVersion(context_, WOLFSSL_TLSV1_2));
  must(wolfSSL_CTX_set_cipher_list(context_, suites));
  std::array<int, 3> groups = {WOLFSSL_ECC_X25519, WOLFSSL_ECC_SECP256R1, WOLFSSL_ECC_SECP384R1};
  must(wolfSSL_CTX_set_groups(context_, groups.data(), static_cast<int>(groups.size())));
  // Resumption would save a signature a connection and cost forward secrecy; sessions last long.
  wolfSSL_CTX_set_session_cache_mode(context_, WOLFSSL_SESS_CACHE_OFF);
  must(wolfSSL_CTX_NoTicketTLSv12(context_));
}

context::~context() {
  wolfSSL_CTX_free(context_);
}

result<std::shared_ptr<const context>> context::for_client(const tls_options& options) {
  std::shared_ptr<const context> made(new context(new_context(wolfTLS_client_method), options.alpn));
  if (options.check == certificate_check::none) {
    wolfSSL_CTX_set_verify(made->get(), WOLFSSL_VERIFY_NONE, nullptr);
    return made;
  }
  wolfSSL_CTX_set_verify(made->get(), WOLFSSL_VERIFY_PEER, nullptr);
  const int loaded = options.ca_file.empty()
                         ? wolfSSL_CTX_load_system_CA_certs(made->get())
                         : wolfSSL_CTX_load_verify_locations(made->get(), options.ca_file.c_str(), nullptr);
  wolfSSL_ERR_clear_error();
  if (loaded != WOLFSSL_SUCCESS) return errc::certificate_unusable;
  return made;
}

result<std::shared_ptr<const context>> context::for_server(const tls_server_options& options) {
  std::shared_ptr<const context> made(new context(new_context(wolfTLS_server_method), options.alpn));
  wolfSSL_CTX_set_verify(made->get(), WOLFSSL_VERIFY_NONE, nullptr);
  wolfSSL_CTX_no_ticket_TLSv13(made->get());
  const bool usable = wolfSSL_CTX_use_certificate_chain_file(made->get(), options.certificate_file.c_str()) ==
                          WOLFSSL_SUCCESS &&
                      wolfSSL_CTX_use_PrivateKey_file(made->get(), options.key_file.c_str(),
                                                      WOLFSSL_FILETYPE_PEM) == WOLFSSL_SUCCESS &&
                      wolfSSL_CTX_check_private_key(made->get()) == WOLFSSL_SUCCESS;
  wolfSSL_ERR_clear_error();
  if (!usable) return errc::certificate_unusable;
  return made;
}

}  // namespace coseal::tls
