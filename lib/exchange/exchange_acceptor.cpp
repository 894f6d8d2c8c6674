#include "exchange/exchange_acceptor.hpp"

#include "bytes/reader.hpp"
#include "bytes/writer.hpp"
#include "crypto/random.hpp"
#include "exchange/exchange_watch.hpp"
#include "handshake/acceptor_steps.hpp"
#include "handshake/admission.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace coseal {
namespace {

constexpr std::size_t longest_endpoint_id = 255;
constexpr std::uint32_t most_body = 64 * 1024 * 1024;

/// What is left of a body once its first record is taken from it; nothing if that record is cut or too long.
std::optional<std::vector<std::byte>> take_record(std::vector<std::byte>& body, std::size_t limit) {
  if (body.size() < record_header::size) return std::nullopt;
  const auto header = record_header::parse(std::span<const std::byte>(body).first<record_header::size>());
  if (header.length > limit || header.length > body.size() - record_header::size) return std::nullopt;
  const auto end = body.begin() + static_cast<std::ptrdiff_t>(record_header::size + header.length);
  std::vector<std::byte> first(body.begin(), end);
  body.erase(body.begin(), end);
  return first;
}

handshake_record to_record(const std::vector<std::byte>& whole) {
  const std::span<const std::byte> bytes(whole);
  const auto content = bytes.subspan(record_header::size);
  return handshake_record(record_header::parse(bytes.first<record_header::size>()),
                          std::vector<std::byte>(content.begin(), content.end()));
}

record_kind kind_of(const std::vector<std::byte>& body) noexcept {
  return body.size() > 4 ? static_cast<record_kind>(body[4]) : record_kind{};
}

bool clean(const record_header& header) noexcept {
  return header.zero == 0 && header.epoch == 0;
}

peer_claim claim_of(const session_token& session, std::string source) {
  peer_claim claim;
  claim.role = peer_role::connector;
  claim.where = session.where;
  claim.pin_name = session.where;
  claim.key = session.connector;
  claim.level = session.level;
  claim.source = std::move(source);
  return claim;
}

accept_message accepted(const session_token& session, std::vector<std::byte> ticket,
                        std::chrono::milliseconds now) {
  accept_message message;
  message.id = session.id;
  message.expires = session.expires;
  message.auth_epoch = session.auth_epoch;
  message.time = now;
  message.ticket = std::move(ticket);
  return message;
}

}  // namespace

exchange_acceptor::exchange_acceptor(std::shared_ptr<endpoint::state> self, exchange_handler handler,
                                     exchange_server_options options, request_clock::wall_clock wall)
    : self_(std::move(self)),
      handler_(std::move(handler)),
      options_(std::move(options)),
      endpoint_id_(options_.endpoint_id().empty() ? self_->who().environment() : options_.endpoint_id()),
      channel_(version_of(options_.channel())),
      tokens_(self_, options_.tokens()),
      guard_(options_.replay().make()()),
      clock_(std::move(wall)) {
  if (!handler_) throw error(errc::invalid_option, "an exchange server needs a handler");
  if (options_.minimum_level() == security_level::none)
    throw error(errc::invalid_option,
                "level none has no secure exchange; see exchange_server_options::plain");
  if (endpoint_id_.size() > longest_endpoint_id) throw error(errc::invalid_option, "endpoint_id");
  if (options_.max_body() == 0 || options_.max_body() > most_body)
    throw error(errc::invalid_option, "max_body");
}

accept_policy exchange_acceptor::policy(std::string source, handshake_report& report) const {
  accept_policy policy;
  policy.self = self_;
  policy.none = false;
  policy.authenticated = options_.minimum_level() == security_level::authenticated;
  policy.channel = options_.channel();
  policy.authorise = options_.authorise();
  policy.source = std::move(source);
  policy.own_parameters.max_frame = options_.max_body();
  policy.report = &report;
  return policy;
}

void exchange_acceptor::report(std::error_code why, const std::string& source,
                               const std::string& text) const {
  watch_exchange(self_->watched(), why, source, text);
  if (options_.on_refused()) options_.on_refused()(why, source, text.empty() ? why.message() : text);
}

std::vector<std::byte> exchange_acceptor::refuse_clear(std::error_code why, const std::string& source,
                                                       const std::string& text) {
  report(why, source, text);
  return refused_record(why, std::chrono::seconds(1));
}

task<std::vector<std::byte>> exchange_acceptor::answer(std::vector<std::byte> body, std::string source) {
  const std::string from = source;
  try {
    switch (kind_of(body)) {
      case record_kind::hello:
        co_return co_await answer_hello(std::move(body), std::move(source));
      case record_kind::finish: {
        auto m3 = take_record(body, handshake_limit(record_kind::finish));
        if (!m3) co_return refuse_clear(errc::malformed_record, from);
        co_return co_await answer_finish(*std::move(m3), std::move(body), std::move(source));
      }
      case record_kind::request:
        co_return co_await answer_call(std::move(body), std::move(source));
      default:
        co_return refuse_clear(errc::not_coseal, from);
    }
  } catch (const std::exception&
               thrown) {  // a storage or hook of the user's may throw; handlers are caught nearer
    co_return refuse_clear(errc::handshake_refused, from, thrown.what());
  }
}

task<std::vector<std::byte>> exchange_acceptor::answer_hello(std::vector<std::byte> body,
                                                             std::string source) {
  const std::string from = source;
  auto whole = take_record(body, handshake_limit(record_kind::hello));
  if (!whole || !body.empty()) co_return refuse_clear(errc::malformed_record, from);
  const handshake_record record = to_record(*whole);
  if (!clean(record.header)) co_return refuse_clear(errc::malformed_record, from);
  const auto m1 = hello::parse(record.body);
  if (!m1) co_return refuse_clear(m1.error(), from);
  const auto own = co_await tokens_.identity();
  if (!own) co_return refuse_clear(own.error(), from);

  handshake_report unused;
  accept_policy allowed = policy(std::move(source), unused);
  if (const auto fine = admit(*m1, allowed, **own); !fine) co_return refuse_clear(fine.error(), from);
  const auto now = clock_.now();
  allowed.own_parameters.time = now;
  allowed.own_parameters.exchange.emplace();
  allowed.own_parameters.exchange->boot = boot_.id();
  allowed.own_parameters.exchange->endpoint_id = endpoint_id_;
  auto reply = acceptor_reply::make_suspended(*m1, record.body, allowed, **own);
  if (!reply) co_return refuse_clear(reply.error(), from);

  handshake_token rest{std::move(reply->rest), now};
  writer out;
  out.bytes(reply->record);
  out.vec16(tokens_.seal(**own, std::move(rest)));
  co_return std::move(out).take();
}

task<std::vector<std::byte>> exchange_acceptor::answer_finish(std::vector<std::byte> m3,
                                                              std::vector<std::byte> request,
                                                              std::string source) {
  const std::string from = source;
  auto asked = request_message::parse(std::move(request));
  if (!asked) co_return refuse_clear(asked.error(), from);
  handshake_record finish = to_record(m3);
  if (!clean(finish.header)) co_return refuse_clear(errc::malformed_record, from);
  auto token = co_await tokens_.open_handshake(asked->prefix().token);
  if (!token) co_return refuse_clear(token.error(), from);
  const auto now = clock_.now();
  if (now > token->issued + handshake_token_lifetime || now + request_window < token->issued)
    co_return refuse_clear(errc::session_expired, from);
  const auto own = co_await tokens_.identity();
  if (!own) co_return refuse_clear(own.error(), from);

  auto opened = acceptor_reply(std::move(token->rest)).finish(std::move(finish));
  if (!opened) co_return refuse_clear(opened.error(), from);
  auto connector = std::move(*opened).verify();
  if (!connector) co_return refuse_clear(connector.error(), from);

  peer_claim claim = connector->claim(std::move(source));
  auto agreed = std::move(*connector).into_outcome(*own);
  session_token session;
  session.id = random_array<16>();
  session.level = agreed.level;
  session.connector = *agreed.peer_key;
  session.where = agreed.peer;
  session.channel = agreed.peer_channel;
  session.i_ap = std::move(agreed.secrets->receive);
  session.r_ap = std::move(agreed.secrets->send);
  session.started = now;
  session.auth_epoch = (*own)->auth_epoch;
  session.renew(now);
  co_return co_await answer_opened(std::move(session), *std::move(asked), true, from, std::move(claim));
}

task<std::vector<std::byte>> exchange_acceptor::answer_call(std::vector<std::byte> request,
                                                            std::string source) {
  auto asked = request_message::parse(std::move(request));
  if (!asked) co_return refuse_clear(asked.error(), source);
  auto session = co_await tokens_.open_session(asked->prefix().token);
  if (!session) co_return refuse_clear(session.error(), source);
  peer_claim claim = claim_of(*session, source);
  co_return co_await answer_opened(*std::move(session), *std::move(asked), false, std::move(source),
                                   std::move(claim));
}

/// The session's keys are known. Whatever is said under them from here on is bound to this request.
task<std::vector<std::byte>> exchange_acceptor::answer_opened(session_token session, request_message asked,
                                                              bool first, std::string source,
                                                              peer_claim claim) {
  const request_prefix prefix = asked.prefix();
  const digest hash = asked.hash();
  auto content = std::move(asked).open(session.level, session.i_ap, endpoint_id_);
  if (!content) co_return refuse_clear(content.error(), source);

  response_content said;
  said.boot = boot_.id();
  const bool promised = guard_->promises(prefix.boot == said.boot);
  std::error_code why = co_await guard_request(prefix, hash, said.boot);
  // Said in clear, so that nobody takes it for a proof: what the guard could not write down may yet come
  // again.
  if (why == errc::busy || why == condition::storage) co_return refuse_clear(why, source);

  handshake_report details;
  if (!why || (first && why == errc::once_not_promised)) {
    const auto renewed = co_await judge_session(session, std::move(claim), first, source, details);
    // Without the guard's note a sealed no proves nothing, and must not be one that says it did not run.
    if (!renewed && !why) why = renewed.error();
    // A session that was accepted is so, whatever becomes of its first call.
    if (renewed && *renewed) {
      const auto own = co_await tokens_.identity();
      if (!own) co_return refuse_clear(own.error(), source);
      if (first) watch_exchange_session(self_->watched(), session.level);
      said.accepted = accepted(session, tokens_.seal(**own, session), clock_.now());
    }
  }
  if (!why) {
    exchange_request call;
    call.caller = session.where;
    call.key = session.connector;
    call.level = session.level;
    call.session_id = session.id;
    call.body = std::move(content->body);
    if (content->within.count() != 0) call.deadline = options_.time()->now() + content->within;
    call.idempotent = prefix.idempotent;
    call.maybe_replayed = !promised;
    call.source = source;
    auto answer = co_await run(std::move(call), details);
    if (answer) {
      said.outcome = *std::move(answer);
      watch_exchange(self_->watched(), {});
    }
    if (!answer) why = answer.error();
  }
  if (why) {
    said.outcome = sealed_refusal(why, policy(source, details));
    report(why, source, details.explanation);
  }
  said.time = clock_.now();
  auto sealed = seal_response(said, random_array<32>(), session.level, session.r_ap, hash);
  if (!sealed) co_return refuse_clear(sealed.error(), source);
  co_return *std::move(sealed);
}

/// Zero for a request that is fresh and that nobody has seen. From here on its hash is known, so that a
/// sealed refusal proves that it did not run and never will.
task<std::error_code> exchange_acceptor::guard_request(const request_prefix& prefix, digest hash,
                                                       boot_id here) {
  const auto now = clock_.now();
  if (prefix.time + request_window < now || prefix.time > now + request_window) co_return errc::request_time;
  if (!guard_->promises(prefix.boot == here) && !prefix.idempotent) co_return errc::once_not_promised;
  const auto fresh = co_await guard_->insert(hash, prefix.time, now);
  if (!fresh) co_return fresh.error();
  co_return *fresh ? std::error_code() : errc::request_replayed;
}

/// A session's first request, a renewal, or one of the many between, for which the token's word is enough.
/// True: there is a new token to give.
task<result<bool>> exchange_acceptor::judge_session(session_token& session, peer_claim claim, bool first,
                                                    std::string source, handshake_report& details) {
  const auto own = co_await tokens_.identity();
  if (!own) co_return own.error();
  const auto now = clock_.now();
  if (session.auth_epoch != (*own)->auth_epoch || now >= session.expires ||
      now + request_window < session.issued)
    co_return errc::session_expired;
  if (session.level < options_.minimum_level()) co_return errc::level_refused;
  if (!first && session.channel != channel_ && !agrees(options_.channel(), session.channel))
    co_return errc::channel_mismatch;
  if (!first && !session.renewal_due(now)) co_return false;

  const accept_policy allowed = policy(std::move(source), details);
  auto judged = co_await judge(allowed, std::move(claim), session.channel);
  // A store that can not be read now does not end a session whose token is still good.
  if (!judged && !first && judged.error() == condition::storage) co_return false;
  if (!judged) co_return judged.error();
  const auto written = co_await self_->pins().commit(*std::move(judged));
  if (!written) co_return written.error();
  if (!first) session.renew(now);
  co_return true;
}

task<result<std::vector<std::byte>>> exchange_acceptor::run(exchange_request call,
                                                            handshake_report& details) {
  try {
    co_return co_await handler_(std::move(call));
  } catch (const std::exception& thrown) {
    details.explanation = std::string("the handler threw: ") + thrown.what();
  } catch (...) {
    details.explanation = "the handler threw something that is no std::exception";
  }
  co_return errc::peer_failed;
}

}  // namespace coseal
