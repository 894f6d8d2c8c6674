#pragma once

#include "support/temporary_directory.hpp"

#include <coseal/tls_options.hpp>

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace coseal::test {

/// What make_certificates.sh makes, once a process.
class certificates {
 public:
  static std::string path(const std::string& file) {
    static const certificates made;
    return (made.directory_.path() / file).string();
  }
  /// A server that shows the certificate `name`.
  static tls_server_options server(const std::string& name = "server") {
    tls_server_options options;
    options.certificate_file = path(name + ".pem");
    options.key_file = path(name + ".key");
    return options;
  }
  /// A client that trusts the authority `name` alone.
  static tls_options client(const std::string& name = "ca") {
    tls_options options;
    options.ca_file = path(name + ".pem");
    return options;
  }

 private:
  certificates() {
    const std::string command = std::string(COSEAL_MAKE_CERTIFICATES) + " " + directory_.path().string();
    if (std::system(command.c_str()) != 0) throw std::runtime_error("no certificates: is openssl there?");
  }

  temporary_directory directory_;
};

}  // namespace coseal::test
