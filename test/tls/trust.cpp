// Whom a client believes, and what it says when it does not.

#include "support/catch.hpp"
#include "tls/certificate_names.hpp"
#include "tls/error.hpp"
#include "tls/tls_pair.hpp"

#include <coseal/tls.hpp>

using namespace coseal;
using namespace coseal::test;

namespace {

tls_pair::setup trust_of(const std::string& certificate, const std::string& host = "localhost") {
  tls_pair::setup s;
  s.showing = certificates::server(certificate);
  s.host = host;
  return s;
}

}  // namespace

TEST_CASE("a certificate that leads to the authority and names the host is believed", "[tls]") {
  using row = std::pair<const char*, const char*>;
  for (const auto& [certificate, host] : {
           row{"server", "localhost"},
           row{"server", "backend.example"},
           row{"server", "BACKEND.example"},
           row{"server", "127.0.0.1"},
           row{"server", "::1"},
           row{"rsa", "localhost"},
           row{"wildcard", "www.example.test"},
       }) {
    CAPTURE(certificate, host);
    tls_pair t(trust_of(certificate, host));
    const auto [of_client, of_server] = t.shake_hands();
    REQUIRE(of_client.message() == std::error_code().message());
    REQUIRE(of_server.message() == std::error_code().message());
    CHECK(write(*t.client, "x") == 1);
    CHECK(read_all(t.io, *t.server, 1) == "x");
  }
}

TEST_CASE("a certificate's names are compared as RFC 9525 says", "[tls]") {
  tls::certificate_names names;
  names.dns = {"a.example",
               "*.b.example",
               "*.example",
               "*",
               "x*.c.example",
               "*.*.d.example",
               "www.*.e.example",
               std::string("a.example\0.evil", 15),
               ""};
  names.addresses = {std::string("\x7f\0\0\1", 4), std::string(15, '\0') + '\1', "\x01", ""};
  for (const char* host :
       {"a.example", "A.Example", "a.example.", "x.b.example", "127.0.0.1", "::1", "0:0:0:0:0:0:0:1"}) {
    CAPTURE(host);
    CHECK(names.include(host));
  }
  for (const char* host : {"b.example", "y.x.b.example", ".b.example", "c.example", "xy.c.example",
                           "x.y.d.example", "www.f.e.example", "z.example", "localhost", "*", "*.b.example",
                           "", ".", "127.0.0.2", "::ffff:127.0.0.1", "::2", "1", "0.0.0.0"}) {
    CAPTURE(host);
    CHECK_FALSE(names.include(host));
  }
}

TEST_CASE("a certificate for another host is refused", "[tls]") {
  using row = std::pair<const char*, const char*>;
  for (const auto& [certificate, host] : {
           row{"server", "elsewhere.example"},
           row{"server", "127.0.0.2"},
           row{"server", "sub.localhost"},
           row{"server", "localhost.evil.example"},
           row{"elsewhere", "localhost"},
           row{"elsewhere", "127.0.0.1"},
           row{"wildcard", "example.test"},
           row{"wildcard", "a.b.example.test"},
           row{"odd_wildcards", "example.com"},
           row{"odd_wildcards", "abc.example.test"},
           row{"odd_wildcards", "www.x.test"},
           row{"odd_wildcards", "localhost"},
           row{"named_by_both", "localhost"},
           row{"named_by_subject", "localhost"},
       }) {
    CAPTURE(certificate, host);
    tls_pair t(trust_of(certificate, host));
    const auto [of_client, of_server] = t.shake_hands();
    CHECK(of_client == errc::certificate_wrong_host);
    CHECK(of_client == condition::refused);
    CHECK(of_server.category() == tls::category());
  }
}

TEST_CASE("a certificate of strangers is refused", "[tls]") {
  for (const char* certificate : {"strangers", "self", "pretender", "client_only"}) {
    CAPTURE(certificate);
    tls_pair t(trust_of(certificate));
    const auto [of_client, of_server] = t.shake_hands();
    CHECK(of_client == errc::certificate_not_trusted);
    CHECK(of_server.category() == tls::category());
    CHECK(of_server == condition::refused);
  }
}

TEST_CASE("a certificate of another time is refused", "[tls]") {
  for (const char* certificate : {"expired", "future"}) {
    CAPTURE(certificate);
    tls_pair t(trust_of(certificate));
    const auto [of_client, of_server] = t.shake_hands();
    CHECK(of_client == errc::certificate_expired);
    CHECK(of_server.category() == tls::category());
  }
}

TEST_CASE("who asks for no certificate takes any", "[tls]") {
  for (const char* certificate : {"strangers", "self", "expired", "elsewhere"}) {
    CAPTURE(certificate);
    tls_pair::setup s = trust_of(certificate);
    s.trusting = tls_options();
    s.trusting.check = certificate_check::none;
    tls_pair t(s);
    const auto [of_client, of_server] = t.shake_hands();
    CHECK_FALSE(of_client);
    CHECK_FALSE(of_server);
  }
}

TEST_CASE("a certificate may vouch for itself where it is named as the authority", "[tls]") {
  tls_pair::setup s = trust_of("self");
  s.trusting = certificates::client("self");
  tls_pair t(s);
  CHECK_FALSE(t.shake_hands().first);
}

TEST_CASE("without a file the authorities of the system count", "[tls]") {
  tls_pair::setup s = trust_of("server");
  s.trusting = tls_options();
  const auto shared = tls::context::for_client(s.trusting);
  if (!shared) {
    WARN("the system has no authorities: " << shared.error().message());
    return;
  }
  tls_pair t(s);
  CHECK(t.shake_hands().first == errc::certificate_not_trusted);
}

TEST_CASE("both ends agree on a protocol, or not to speak", "[tls]") {
  tls_pair::setup s;
  s.trusting.alpn = {"h2", "http/1.1"};
  s.showing.alpn = {"http/1.1", "coseal.1"};
  {
    tls_pair t(s);
    CHECK_FALSE(t.shake_hands().first);
    CHECK(t.client->protocol() == "http/1.1");
    CHECK(t.server->protocol() == "http/1.1");
  }
  s.showing.alpn = {"coseal.1"};
  {
    tls_pair t(s);
    const auto [of_client, of_server] = t.shake_hands();
    CHECK(of_client == condition::incompatible);
    CHECK(of_client.message().find("ALPN") != std::string::npos);
    CHECK(of_server == condition::incompatible);
  }
  s.showing.alpn = {};
  {
    tls_pair t(s);
    CHECK_FALSE(t.shake_hands().first);
    CHECK(t.client->protocol().empty());
  }
}

TEST_CASE("what can not work is said before anything is opened", "[tls]") {
  const auto code_of = [](const auto& call) -> std::error_code {
    try {
      call();
    } catch (const coseal::error& thrown) {
      return thrown.code();
    }
    return {};
  };
  CHECK(code_of([] { tls_stream("localhost", certificates::client()); }) == errc::invalid_address);
  CHECK(code_of([] { tls_stream(tcp("localhost:1"), certificates::client()); }) == errc::invalid_option);
  CHECK(code_of([] {
          tls_options options = certificates::client();
          options.alpn = {"a,b"};
          tls_stream("localhost:1", options);
        }) == errc::invalid_option);
  for (const char* file : {"missing.pem", "ca.key", "log"}) {
    CAPTURE(file);
    tls_options options;
    options.ca_file = certificates::path(file);
    CHECK(code_of([&] { tls_stream("localhost:1", options); }) == errc::certificate_unusable);
  }
  CHECK(code_of([] { listen_tls("nowhere", certificates::server()); }) == errc::invalid_address);
  asio::io_context io;
  using row = std::pair<const char*, const char*>;
  for (const auto& [certificate, key] : {
           row{"missing.pem", "server.key"},
           row{"server.pem", "missing.key"},
           row{"server.pem", "rsa.key"},
           row{"server.pem", "self.key"},
           row{"server.key", "server.key"},
           row{"server.pem", "server.pem"},
       }) {
    CAPTURE(certificate, key);
    tls_server_options options;
    options.certificate_file = certificates::path(certificate);
    options.key_file = certificates::path(key);
    CHECK(listen_tls("127.0.0.1:0", options).open(io.get_executor()).error() == errc::certificate_unusable);
  }
}
