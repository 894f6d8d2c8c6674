#pragma once

#include "http/message.hpp"
#include "http/server_options.hpp"

#include <map>
#include <string>

namespace coseal::http {

/// Exact paths and the methods that each has; a handler itself. HEAD is answered as GET is, OPTIONS with the
/// methods there are; another path is 404, another method 405 with Allow.
class routes {
 public:
  routes& on(std::string method, std::string path, handler answers);

  task<response> operator()(request asked) const;

 private:
  using methods = std::map<std::string, handler>;
  static std::string allowed(const methods& of);

  std::map<std::string, methods, std::less<>> paths_;
};

}  // namespace coseal::http
