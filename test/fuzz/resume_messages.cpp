#include "fuzz/resume_messages.hpp"

#include "resume/resumable_session.hpp"
#include "resume/resume_message.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace coseal;
using resume_input = std::span<const std::byte>;

void must(bool holds) {
  if (!holds) std::abort();
}

/// Unknown extensions are dropped when it is written again.
void resume_record(resume_input input) {
  const auto got = received_resume::parse(input);
  if (!got) return;
  must(got->message.ticket.size() <= longest_ticket && got->unbound.size() + 32 == input.size());
  auto again = got->message.encode();
  again.insert(again.end(), got->binder.begin(), got->binder.end());
  const auto twice = received_resume::parse(again);
  must(twice && twice->message == got->message && twice->binder == got->binder);
}

void resume_ack_record(resume_input input) {
  const auto got = received_resume_ack::parse(input);
  if (!got) return;
  auto again = got->message.encode();
  again.insert(again.end(), got->finished.begin(), got->finished.end());
  const auto twice = received_resume_ack::parse(again);
  must(twice && twice->message == got->message && twice->finished == got->finished);
}

void binding(resume_input input) {
  const auto kept = resumable_session::parse(session_binding(std::vector(input.begin(), input.end())));
  if (kept) must(std::ranges::equal(kept->encode().bytes(), input));
}

void terms(resume_input input) {
  reader in(input);
  const session_terms read = read_terms(in);
  if (!in.complete()) return;
  writer out;
  write_terms(out, read);
  must(out.size() <= longest_terms && std::ranges::equal(out.view(), input));
}

}  // namespace

void fuzz_resume_messages(std::span<const std::byte> input) {
  if (input.empty()) return;
  const auto rest = input.subspan(1);
  switch (std::to_integer<int>(input.front()) % 4) {
    case 0:
      return resume_record(rest);
    case 1:
      return resume_ack_record(rest);
    case 2:
      return binding(rest);
    case 3:
      return terms(rest);
  }
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_resume_messages(std::as_bytes(std::span(data, size)));
  return 0;
}
