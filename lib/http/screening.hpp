#pragma once

#include "http/head.hpp"
#include "http/message.hpp"
#include "http/server_options.hpp"

#include <coseal/result.hpp>

namespace coseal::http {

/// What is refused by its head alone, before a byte of the body is read: a Host or an Origin that is not on
/// its list, a Content-Encoding, an expectation other than 100-continue, a body above the limit.
result<void> screen(const request_head& head, const server_options& options);

/// Whether the client waits for "100 Continue" before it sends the body.
bool waits_for_continue(const request_head& head) noexcept;

/// Whether a browser asks if a page of another origin may send a request (CORS).
bool is_preflight(const request_head& head) noexcept;
/// One request that no server of ours has read: screened, then answered by `by`, which lives until then.
task<response> answer_screened(request asked, const server_options& options, const handler& by);
/// 204 with what is allowed; the Origin has been screened.
response answer_preflight(const request_head& head, const server_options& options);
/// Lets the page that asked read the answer.
void allow_origin(response& answer, const request_head& asked);

}  // namespace coseal::http
