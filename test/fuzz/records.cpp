#include "fuzz/records.hpp"

#include "fuzz/record_reader.hpp"
#include "record/nonce_audit.hpp"
#include "record/pack.hpp"
#include "record/sealer.hpp"
#include "session/inbound.hpp"
#include "support/scripted_carrier.hpp"
#include "support/virtual_clock.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <string_view>

namespace {

using coseal::errc;
using coseal::inbound;
using bytes = std::vector<std::byte>;

constexpr std::size_t max_frame = 64 * 1024;

void require(bool holds) {
  if (!holds) std::abort();
}

/// How one input is tried; its first bytes.
struct choices {
  std::uint8_t cuts = 0;   // how reads are cut, and which frames are taken one by one
  std::uint8_t state = 0;  // awaiting_accept or established
  std::uint8_t level = 0;
  std::uint8_t record = 0;  // the largest record

  bool awaiting_accept() const noexcept { return state % 2 != 0; }
  std::uint32_t max_record() const noexcept {
    constexpr std::array<std::uint32_t, 4> sizes = {4096, 20'000, 100'000, 262'144};
    return sizes[record % sizes.size()];
  }
};

class listener final : public coseal::control_sink {
 public:
  explicit listener(bool keyed) : keyed_(keyed) {}

  told heard;
  bool refused = false;

  coseal::result<void> on_accept(std::span<const std::byte> body) override {
    heard.accepts.emplace_back(body.begin(), body.end());
    return {};
  }
  std::error_code on_refused(std::span<const std::byte>, bool clear) override {
    if (!clear && !keyed_)
      return errc::unexpected_record;  // inbound leaves it to its session, which knows the level
    refused = true;
    return errc::handshake_refused;
  }
  void on_resumed() override { require(false); }  // no state here in which it is legal
  void on_ping(std::span<const std::byte, 8> opaque) override {
    heard.pings.emplace_back(opaque.begin(), opaque.end());
  }
  void on_pong(std::span<const std::byte, 8> opaque) override {
    heard.pongs.emplace_back(opaque.begin(), opaque.end());
  }

 private:
  bool keyed_;
};

/// Frames that are held while reading goes on, as applications do: their bytes must stay what they were.
class kept_frames {
 public:
  void keep(coseal::frame one) {
    copies_.emplace_back(one.bytes().begin(), one.bytes().end());
    frames_.push_back(std::move(one));
    if (frames_.size() <= most) return;
    check_first();
    frames_.pop_front();
    copies_.pop_front();
  }
  ~kept_frames() {
    for (; !frames_.empty(); frames_.pop_front(), copies_.pop_front()) check_first();
  }

 private:
  static constexpr std::size_t most = 5;
  void check_first() const { require(std::ranges::equal(frames_.front().bytes(), copies_.front())); }
  std::deque<coseal::frame> frames_;
  std::deque<bytes> copies_;
};

told::ending ending_of(std::error_code error, bool refused) {
  if (refused) return told::ending::refused;
  if (error == errc::peer_closed) return told::ending::closed;
  if (error == errc::truncated) return told::ending::truncated;
  require(error == coseal::condition::malformed || error == coseal::condition::peer_misbehaved);
  return told::ending::failed;
}

/// Everything that the receiving half makes of `wire`.
told receive(const choices& how, bool keyed, bytes wire, std::unique_ptr<coseal::opener> opener) {
  std::uint32_t random = how.cuts;
  const auto next_cut = [&]() -> std::size_t {
    random = random * 1'664'525 + 1'013'904'223;
    switch (how.cuts % 4) {
      case 0:
        return 1 + (random >> 24) % 3;
      case 1:
        return random >> 29 == 0 ? 0 : 1 + (random >> 20);
      case 2:
        return 300'000;
      default:
        return random >> 31 == 0 ? (random >> 8) % 70'000 : (random >> 8) % 40;
    }
  };
  coseal::test::scripted_carrier carrier(std::move(wire), next_cut);
  coseal::test::virtual_clock time;
  listener sink(keyed);
  inbound in(carrier, time, sink, how.max_record(), max_frame);
  in.protect(std::move(opener),
             how.awaiting_accept() ? inbound::state::awaiting_accept : inbound::state::established);
  kept_frames kept;
  std::error_code error;
  bool closed = false;
  while (!error) {
    random = random * 1'664'525 + 1'013'904'223;
    if (random >> 31 == 0) {
      const auto batch = in.next_frames();
      error = batch.error();
      if (batch) {
        require(!batch->empty());
        std::size_t count = 0;
        for (auto at = batch->begin(); at != batch->end(); ++at, ++count) {
          sink.heard.frames.emplace_back((*at).begin(), (*at).end());
          if (how.state >= 128) kept.keep(batch->keep(at));
        }
        require(count == batch->size());
      }
    } else {
      auto one = in.next_frame();
      error = one.error();
      if (one) {
        sink.heard.frames.emplace_back(one->bytes().begin(), one->bytes().end());
        if (how.state >= 64) kept.keep(*std::move(one));
      }
    }
    if (error == asio::error::would_block) {
      in.rest();
      error.clear();
    } else if (error == errc::peer_closed && !in.ended()) {
      // Once told; what still comes is heard all the same.
      require(in.closed_by_peer());
      closed = true;
      error.clear();
    }
  }
  require(!closed || error != errc::truncated);
  require(in.frames() == sink.heard.frames.size());
  sink.heard.end = ending_of(error, sink.refused);
  return sink.heard;
}

record_reader::rules rules_of(const choices& how) {
  record_reader::rules rules;
  rules.awaiting_accept = how.awaiting_accept();
  rules.max_record = how.max_record();
  rules.max_frame = max_frame;
  rules.key_updates = 4;
  return rules;
}

void fuzz_clear(const choices& how, std::span<const std::byte> wire) {
  record_reader expected(rules_of(how));
  expected.read_clear(wire);
  auto opener = coseal::make_clear_opener();
  const told heard = receive(how, false, bytes(wire.begin(), wire.end()), std::move(opener));
  require(heard == expected.result());
}

/// The input as contents, each behind its u16 length, sealed by an honest hand: what it says may be anything.
void fuzz_sealed(const choices& how, coseal::security_level level, std::span<const std::byte> input) {
  const coseal::secret32 secret;
  const auto& backend = *coseal::default_aead_backend().value();
  const auto now = coseal::test::virtual_clock().now();
  coseal::forget_nonces_for_testing();
  const auto sealer = coseal::make_sealer(level, secret.clone(), backend, now);
  auto rules = rules_of(how);
  rules.keyed = true;
  rules.pads = level == coseal::security_level::encrypted;
  record_reader expected(rules);
  bytes wire;
  while (input.size() >= 2 && !expected.ended()) {
    const std::size_t wanted =
        std::to_integer<std::size_t>(input[0]) << 8 | std::to_integer<std::size_t>(input[1]);
    const std::size_t room = how.max_record() - coseal::tag_size;
    const auto content = input.subspan(2, std::min({wanted, input.size() - 2, room}));
    input = input.subspan(2 + content.size());
    bytes record(coseal::record_header::size + content.size() + coseal::tag_size);
    std::ranges::copy(content, record.begin() + coseal::record_header::size);
    sealer->seal(record).value();
    wire.insert(wire.end(), record.begin(), record.end());
    expected.take(content);
    if (!content.empty() && (content[0] & ~coseal::padded_bit) == std::byte{0x12}) sealer->rekey(now);
  }
  expected.end_of_carrier();
  auto opener = coseal::make_opener(level, secret.clone(), backend, now);
  require(receive(how, true, std::move(wire), std::move(opener)) == expected.result());
}

/// What is found in front of `input`, for the kinds that are legal in some state.
void fuzz_deframe(const choices& how, std::span<const std::byte> input) {
  using coseal::record_kind;
  using legal_kinds = std::vector<std::pair<record_kind, std::uint32_t>>;
  const legal_kinds states[] = {
      {{record_kind::hello, 1024}},
      {{record_kind::hello_reply, 4096}, {record_kind::refused, 64}},
      {{record_kind::finish, 4096}, {record_kind::abort, 256}},
      {{record_kind::refused, 64}, {record_kind::traffic, how.max_record()}},
      {{record_kind::traffic, how.max_record()}},
  };
  bytes copy(input.begin(), input.end());
  for (const auto& legal : states) {
    const auto limit = [&](record_kind kind) -> std::optional<std::uint32_t> {
      for (const auto& [one, most] : legal)
        if (one == kind) return most;
      return std::nullopt;
    };
    std::span<std::byte> rest(copy);
    for (;;) {
      const auto found = coseal::deframe(rest, limit);
      if (!found) break;
      if (!found->record) {
        require(found->needed > rest.size() && found->needed <= 8 + how.max_record() + 4096);
        break;
      }
      const auto most = limit(found->record->header.kind);
      require(most.has_value() && found->record->body.size() <= *most && found->record->header.zero == 0);
      require(found->record->body.data() == rest.data() + 8);
      rest = rest.subspan(8 + found->record->body.size());
    }
  }
}

/// Nobody guesses a tag: whatever comes under a key that sealed nothing is refused.
void fuzz_forgery(std::span<const std::byte> input) {
  if (input.size() < coseal::record_header::size) return;
  const auto header = coseal::record_header::parse(input.first<coseal::record_header::size>());
  const auto body = input.subspan(coseal::record_header::size);
  coseal::secret32 secret;
  secret.writable()[0] = std::byte{1};
  for (const auto level : {coseal::security_level::authenticated, coseal::security_level::encrypted}) {
    bytes copy(body.begin(), body.end());
    const auto opener =
        coseal::make_opener(level, secret.clone(), *coseal::default_aead_backend().value(), {});
    require(!opener->open(header, copy));
  }
}

void fuzz_pack(std::span<const std::byte> input) {
  const auto counted = coseal::count_packed(input, max_frame);
  record_reader::rules rules;
  rules.max_frame = max_frame;
  record_reader expected(rules);
  bytes content{std::byte{0x01}};
  content.insert(content.end(), input.begin(), input.end());
  expected.take(content);
  require(counted.has_value() != expected.ended());
  if (counted) require(*counted == expected.result().frames.size());
}

}  // namespace

void fuzz_records(std::span<const std::byte> input) {
  if (input.size() < 4) return;
  const auto at = [&](std::size_t i) { return std::to_integer<std::uint8_t>(input[i]); };
  const choices how{at(0), at(1), at(2), at(3)};
  input = input.subspan(4);
  fuzz_deframe(how, input);
  fuzz_pack(input);
  fuzz_forgery(input);
  if (how.level % 3 == 0) fuzz_clear(how, input);
  if (how.level % 3 == 1) fuzz_sealed(how, coseal::security_level::authenticated, input);
  if (how.level % 3 == 2) fuzz_sealed(how, coseal::security_level::encrypted, input);
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz_records(std::as_bytes(std::span(data, size)));
  return 0;
}
