#include "http/routes.hpp"

#include <utility>

namespace coseal::http {

routes& routes::on(std::string method, std::string path, handler answers) {
  paths_[std::move(path)][std::move(method)] = std::move(answers);
  return *this;
}

task<response> routes::operator()(request asked) const {
  const auto path = paths_.find(asked.head.path());
  if (path == paths_.end()) co_return plain_response(404);
  const methods& known = path->second;
  auto found = known.find(asked.head.method);
  if (found == known.end() && asked.head.method == "HEAD") found = known.find("GET");
  if (found != known.end()) {
    auto answer = found->second(std::move(asked));
    co_return co_await std::move(answer);
  }
  response answer = asked.head.method == "OPTIONS" ? response(204) : plain_response(405);
  answer.head.fields.emplace_back("Allow", allowed(known));
  co_return answer;
}

std::string routes::allowed(const methods& of) {
  std::string list = "OPTIONS";
  for (const auto& [method, ignored] : of) list.append(", ").append(method);
  if (of.contains("GET") && !of.contains("HEAD")) list.append(", HEAD");
  return list;
}

}  // namespace coseal::http
