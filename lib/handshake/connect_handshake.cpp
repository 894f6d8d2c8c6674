#include "handshake/connector_steps.hpp"
#include "handshake/handshake_exchange.hpp"

namespace coseal {
namespace {

/// HELLO_REPLY, or the errc of a clear REFUSED. The references last until completion.
task<result<handshake_record>> receive_reply(handshake_link& link, const connect_request& request) {
  auto record = co_await link.receive();
  if (!record) co_return record.error();
  const record_kind kind = record->header.kind;
  if (kind != record_kind::hello_reply && kind != record_kind::refused) co_return errc::unexpected_record;
  const auto well_formed = check_header(*record);
  if (!well_formed) co_return well_formed.error();
  if (kind == record_kind::hello_reply) co_return std::move(record);

  reader in(record->body);
  const refusal said = read_refusal(in);
  if (!in.complete() || !said.detail.empty()) co_return errc::malformed_message;
  const refusal hint = in_clear(said);
  explain_refusal(request.report, hint, request.channel);
  co_return to_error(hint.code);
}

/// ABORT in place of FINISH; R may be gone by now, so that a failing send changes nothing. Returns `why`.
task<std::error_code> give_up(handshake_link& link, connector_answer answer, std::error_code why,
                              std::vector<std::byte> detail) {
  refusal said;
  said.code = to_refusal(why);
  said.detail = std::move(detail);
  auto record = std::move(answer).abort(said);
  if (record) (void)co_await link.send(*std::move(record));
  co_return why;
}

handshake_outcome unproved_outcome(std::shared_ptr<const loaded_identity> own) {
  handshake_outcome agreed;
  agreed.level = security_level::none;
  agreed.own = std::move(own);
  return agreed;
}

}  // namespace

task<result<handshake_outcome>> connect_handshake(handshake_link& link, connect_request request) {
  if (!writable(request.own_parameters, request.channel)) co_return errc::invalid_option;
  request.own_parameters = at_present(request.own_parameters);
  auto own = co_await request.self->identity();
  if (!own) co_return own.error();

  if (request.level == security_level::none) {
    const auto sent = co_await link.send(unproved_hello(request, **own));
    if (!sent) co_return sent.error();
    co_return unproved_outcome(*std::move(own));
  }

  // M1, M2
  connector_hello hello(request);
  const auto asked = co_await link.send(hello.record());
  if (!asked) co_return asked.error();
  auto m2 = co_await receive_reply(link, request);
  if (!m2) co_return m2.error();
  auto reply = std::move(hello).reply(*std::move(m2));
  if (!reply) co_return reply.error();

  // Who is it? Only then does I show its own identity.
  auto acceptor = std::move(reply->acceptor).verify(request.wanted);
  if (!acceptor) {
    std::vector<std::byte> nothing;
    co_return co_await give_up(link, std::move(reply->answer), acceptor.error(), std::move(nothing));
  }
  peer_claim claim = acceptor->claim(request.wanted, request.level);
  auto pinned = co_await request.self->pins().check(claim);
  if (!pinned) {
    co_await explain_refused_pin(request.report, request.self->pins(), std::move(claim), pinned.error());
    std::vector<std::byte> nothing;
    co_return co_await give_up(link, std::move(reply->answer), pinned.error(), std::move(nothing));
  }
  if (!agrees(request.channel, acceptor->channel())) {
    if (request.report != nullptr)
      request.report->explanation = explain_channel_difference(request.channel, acceptor->channel());
    std::vector<std::byte> detail = channel_difference_detail(request.channel, abort_detail_limit);
    co_return co_await give_up(link, std::move(reply->answer), errc::channel_mismatch, std::move(detail));
  }

  // M3
  auto finish =
      std::move(reply->answer)
          .finish(*std::move(acceptor), *std::move(pinned), *std::move(own), request.own_parameters);
  if (!finish) co_return finish.error();
  const auto finished = co_await link.send(std::move(finish->record));
  if (!finished) co_return finished.error();
  co_return std::move(finish->agreed);
}

}  // namespace coseal
