#pragma once

#include <string>
#include <vector>

struct redisReply;

namespace coseal {

/// A reply of Redis, as a value.
struct redis_answer {
  enum class kind { nothing, integer, text, list, error };

  kind what = kind::nothing;
  long long integer = 0;
  std::string text;  ///< also of an error
  std::vector<redis_answer> list;

  bool is_error(const char* word) const { return what == kind::error && text.starts_with(word); }
};

redis_answer to_answer(const ::redisReply& reply);

}  // namespace coseal
