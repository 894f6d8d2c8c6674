#include "exchange/post_link.hpp"

#include "bytes/reader.hpp"

#include <coseal/error.hpp>

namespace coseal {

task<result<void>> post_link::send(std::vector<std::byte> records) {
  const auto kind = static_cast<record_kind>(records[4]);
  if (kind == record_kind::finish) finish_ = std::move(records);
  if (kind != record_kind::hello) co_return result<void>();
  auto reply = co_await post_(std::move(records));
  if (!reply) co_return reply.error();
  reply_ = *std::move(reply);
  co_return result<void>();
}

task<result<handshake_record>> post_link::receive() {
  reader in(reply_);
  const auto head = in.array<record_header::size>();
  const auto header = record_header::parse(head);
  if (in.failed() || header.length > handshake_limit(header.kind)) co_return errc::malformed_record;
  const auto body = in.bytes(header.length);
  // Behind HELLO_REPLY stands the handshake token, behind REFUSED nothing.
  if (header.kind == record_kind::hello_reply) {
    const auto token = in.vec16();
    token_.assign(token.begin(), token.end());
  }
  if (!in.complete()) co_return errc::malformed_record;
  co_return handshake_record(header, std::vector<std::byte>(body.begin(), body.end()));
}

}  // namespace coseal
