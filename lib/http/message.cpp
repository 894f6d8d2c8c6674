#include "http/message.hpp"

#include "http/head_writer.hpp"

namespace coseal::http {

response plain_response(unsigned status) {
  const std::string text = std::to_string(status) + ' ' + std::string(reason_of(status)) + '\n';
  return response(status, "text/plain", std::as_bytes(std::span(text)));
}

}  // namespace coseal::http
