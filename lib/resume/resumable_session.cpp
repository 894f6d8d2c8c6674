#include "resume/resumable_session.hpp"

#include "resume/resume_message.hpp"
#include "trust/succession.hpp"

#include <coseal/error.hpp>

namespace coseal {
namespace {

constexpr std::uint8_t binding_format = 1;

}  // namespace

session_binding resumable_session::encode() const {
  writer out;
  out.reserve(1 + longest_terms + 2 * 65 + 2 + ticket.size());
  out.u8(binding_format);
  write_terms(out, terms);
  write_coordinate(out, wanted);
  out.vec16(ticket);
  return session_binding(std::move(out).take());
}

result<resumable_session> resumable_session::parse(const session_binding& binding) {
  reader in(binding.bytes());
  resumable_session kept;
  if (in.u8() != binding_format) in.fail();
  kept.terms = read_terms(in);
  kept.wanted = read_coordinate(in, true);
  const auto ticket = in.vec16();
  if (ticket.empty() || ticket.size() > longest_ticket) in.fail();
  kept.ticket.assign(ticket.begin(), ticket.end());
  if (!in.complete()) return errc::malformed_message;
  return kept;
}

}  // namespace coseal
