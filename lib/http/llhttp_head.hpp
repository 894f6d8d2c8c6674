#pragma once

#include "http/fields.hpp"

#include <coseal/result.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace coseal::http {

/// What llhttp read in a head.
struct llhttp_head {
  llhttp_head() {}

  std::string method;
  std::string target;
  unsigned status = 0;
  std::string reason;
  unsigned minor = 0;
  std::vector<field> fields;
  std::optional<std::uint64_t> length;  ///< Content-Length
  bool chunked = false;
};

/// The whole of one head, as the guard passed it.
enum class head_kind { request, response };
result<llhttp_head> read_by_llhttp(head_kind kind, std::string_view head);

}  // namespace coseal::http
