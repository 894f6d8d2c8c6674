#include "fuzz/call_messages.hpp"

#include "channel/call_message.hpp"
#include "channel/continuation.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

namespace {

using namespace coseal;

message_head head_of(const call_message& message) {
  switch (message.kind) {
    case message_kind::call:
      return message_head::call(message.id, message.position, message.deadline, message.takes_items,
                                message.trace);
    case message_kind::reply:
      return message_head::reply(message.id);
    case message_kind::error:
      if (message.error == error_kind::declared)
        return message_head::declared_error(message.id, message.declared);
      return message_head::error(message.id, message.error);
    case message_kind::cancel:
      return message_head::cancel(message.id);
    case message_kind::push:
      return message_head::push(message.position);
    case message_kind::item:
      return message_head::item(message.id);
    case message_kind::end:
      return message_head::end(message.id);
    case message_kind::credit:
      return message_head::credit(message.id, message.credit);
    case message_kind::pushes_taken:
      return message_head::pushes_taken(message.taken);
    case message_kind::push_credit:
      break;
  }
  return message_head::push_credit(message.credit);
}

template <typename Fields>
void written_as_read(std::span<const std::byte> input) {
  const auto parsed = Fields::parse(input);
  if (parsed && !std::ranges::equal(parsed->encode(), input)) std::abort();
}

}  // namespace

void fuzz_call_messages(std::span<const std::byte> input) {
  for (const auto from : {message_sender::connector, message_sender::acceptor}) {
    const auto parsed = parse_call_message(input, from);
    if (!parsed) continue;
    const auto head = head_of(*parsed);
    std::vector<std::byte> written(head.bytes().begin(), head.bytes().end());
    written.insert(written.end(), parsed->body.begin(), parsed->body.end());
    std::vector<std::byte> read(input.begin(), input.end());
    // Of the flags of a trace only the known ones are kept; they stand at the end of the head.
    if (parsed->trace) read[head.bytes().size() - 1] &= std::byte{known_trace_flags};
    if (!std::ranges::equal(written, read)) std::abort();
  }
  written_as_read<continue_request>(input);
  written_as_read<continue_answer>(input);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_call_messages(std::as_bytes(std::span(data, size)));
  return 0;
}
