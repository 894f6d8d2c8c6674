#include "http/screening.hpp"

#include "http/error.hpp"

#include <algorithm>

namespace coseal::http {
namespace {

std::string joined(const std::vector<std::string>& words) {
  std::string list;
  for (const std::string& word : words) list.append(list.empty() ? "" : ", ").append(word);
  return list;
}

}  // namespace

result<void> screen(const request_head& head, const server_options& options) {
  const auto is_host = [host = head.find("Host")](const std::string& each) {
    return host != nullptr && equal_without_case(each, *host);
  };
  if (!options.hosts.empty() && std::ranges::none_of(options.hosts, is_host)) return errc::host_refused;

  // Browsers write origins in one way only, so they compare to the letter.
  const std::string* const origin = head.find("Origin");
  if (origin != nullptr &&
      (head.count("Origin") > 1 || std::ranges::find(options.origins, *origin) == options.origins.end()))
    return errc::origin_refused;

  if (head.find("Content-Encoding") != nullptr) return errc::content_coded;
  const std::string* const expect = head.find("Expect");
  if (expect != nullptr && head.minor >= 1 &&
      (head.count("Expect") > 1 || !equal_without_case(*expect, "100-continue")))
    return errc::expectation_failed;
  return body_reader(head.framing, options.body).error();
}

bool waits_for_continue(const request_head& head) noexcept {
  return head.minor >= 1 && head.framing != body_framing::none() &&
         head.framing != body_framing::of_length(0) && head.has_token("Expect", "100-continue");
}

bool is_preflight(const request_head& head) noexcept {
  return head.method == "OPTIONS" && head.find("Origin") != nullptr &&
         head.find("Access-Control-Request-Method") != nullptr;
}

response answer_preflight(const request_head& head, const server_options& options) {
  response answer(204);
  allow_origin(answer, head);
  answer.head.fields.emplace_back("Access-Control-Allow-Methods", joined(options.cross_origin_methods));
  answer.head.fields.emplace_back("Access-Control-Allow-Headers", joined(options.cross_origin_fields));
  answer.head.fields.emplace_back("Access-Control-Max-Age", "600");
  return answer;
}

task<response> answer_screened(request asked, const server_options& options, const handler& by) {
  if (const auto fine = screen(asked.head, options); !fine) co_return plain_response(status_of(fine.error()));
  if (is_preflight(asked.head)) co_return answer_preflight(asked.head, options);
  const request_head head = asked.head;
  response made = co_await by(std::move(asked));
  if (!options.origins.empty()) allow_origin(made, head);
  co_return made;
}

void allow_origin(response& answer, const request_head& asked) {
  if (const std::string* const origin = asked.find("Origin"))
    answer.head.fields.emplace_back("Access-Control-Allow-Origin", *origin);
  // Whether or not it came from a page: what a cache keeps of one answer must not be given to the other.
  answer.head.fields.emplace_back("Vary", "Origin");
}

}  // namespace coseal::http
