#pragma once

#include "handshake/handshake_report.hpp"
#include "session/session_core.hpp"

#include <coseal/session.hpp>
#include <coseal/transport.hpp>

#include <memory>
#include <stop_token>
#include <string>

namespace coseal {

/// One attempt to reach `where` and to shake hands, on the caller's executor, within options.within() and
/// until `stop`. `report` lives until it ends, and says what the error code can not.
task<result<std::shared_ptr<session::core>>> connect_over(endpoint self, transport where,
                                                          connect_options options, std::stop_token stop,
                                                          handshake_report& report);

/// `options` with what its keep_as() names in the endpoint's storage, unless a binding is there already.
/// errc::invalid_option, condition::storage.
task<result<connect_options>> with_kept_binding(endpoint self, connect_options options);

/// For people: whom we wanted to reach, and what came of it.
std::string explain_attempt(const handshake_report& report, std::error_code error, const std::string& where,
                            const connect_options& options);

}  // namespace coseal
