// The part of a server that answers HTTP, if the build has it.

#include "channel/server_core.hpp"
#if defined(COSEAL_HAVE_HTTP)
#include "channel/http_service.hpp"
#endif

#include <coseal/error.hpp>

namespace coseal {

#if defined(COSEAL_HAVE_HTTP)

void server_core::serve_http() {
  const auto idle = [weak = std::weak_ptr<server_core>(self())] {
    const auto alive = weak.lock();
    if (!alive) return;
    completions done(resume_by::post);
    const lock_type lock(alive->mutex_);
    done.add_all(alive->http_idle_, {});
  };
  http_ = std::make_shared<http_service>(executor_, settings_, idle);
  http_->join(audience(self()));
}

listen_address server_core::with_answers(const listen_address& where) const {
  return where.answered_by(http_->answers());
}

void server_core::drain_http() noexcept {
  http_->drain();
}

void server_core::stop_http() noexcept {
  http_->stop();
}

std::size_t server_core::http_calls() const noexcept {
  return http_->calls();
}

task<http_response> server_core::fetch(http_request asked) {
  return http_service::fetch(http_, std::move(asked));
}

#else

void server_core::serve_http() {
  if (settings_->exchange || settings_->plain_http)
    throw error(errc::invalid_option, "coseal was built without HTTP");
}
listen_address server_core::with_answers(const listen_address& where) const {
  return where;
}
void server_core::drain_http() noexcept {}
void server_core::stop_http() noexcept {}
std::size_t server_core::http_calls() const noexcept {
  return 0;
}
task<http_response> server_core::fetch(http_request) {
  co_return http_response(501, "text/plain; charset=utf-8", "coseal was built without HTTP\n");
}

#endif

}  // namespace coseal
