#include "own_certificate.hpp"

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>

namespace coseal::bench {
namespace {

class certificate_files {
 public:
  certificate_files() {
    directory_ = (std::filesystem::temp_directory_path() / "coseal-bench-XXXXXX").string();
    if (::mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=bench "
        "-addext subjectAltName=IP:127.0.0.1 -keyout '" +
        key() + "' -out '" + certificate() + "' >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error("--carrier tls, wss: needs openssl");
  }
  ~certificate_files() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  certificate_files(const certificate_files&) = delete;

  std::string key() const { return directory_ + "/key.pem"; }
  std::string certificate() const { return directory_ + "/certificate.pem"; }

 private:
  std::string directory_;
};

const certificate_files& files() {
  static const certificate_files made;
  return made;
}

}  // namespace

tls_server_options own_certificate::server() {
  tls_server_options options;
  options.certificate_file = files().certificate();
  options.key_file = files().key();
  return options;
}

tls_options own_certificate::client() {
  tls_options options;
  options.ca_file = files().certificate();
  return options;
}

}  // namespace coseal::bench
