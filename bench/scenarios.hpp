#pragma once

#include "options.hpp"
#include "report.hpp"

namespace coseal::bench {

void run_stream(const options& o, report& out);
void run_request(const options& o, report& out);
void run_ping(const options& o, report& out);
void run_call(const options& o, report& out);
void run_connect(const options& o, report& out);
void run_resume(const options& o, report& out);
#if defined(COSEAL_HAVE_HTTP)
void run_http(const options& o, report& out);
#endif
void run_idle(const options& o, report& out);
void run_micro(const options& o, report& out);

/// The processes that `idle` starts; they answer on standard output.
int run_idle_server(const options& o);
int run_idle_clients(const options& o);

}  // namespace coseal::bench
