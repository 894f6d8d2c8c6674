#include "conversation.hpp"

#include "crypto/hash.hpp"
#include "failure.hpp"
#include "progress_bar.hpp"
#include "session_id_text.hpp"
#include "task_group.hpp"

#include <coseal/error.hpp>

#include <asio/post.hpp>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <functional>
#include <vector>

namespace coseal::tool {
namespace {

/// Two frames fit a record's limit together with their headers; larger ones only cost fragments.
constexpr std::size_t chunk_size = 128 * 1024;

std::string hex(const digest& value) {
  std::string text;
  for (const std::byte b : value) {
    char two[3];
    std::snprintf(two, sizeof two, "%02x", std::to_integer<unsigned>(b));
    text += two;
  }
  return text;
}

std::string digest_of_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<char> chunk(1 << 20);
  sha256 sum;
  while (in.read(chunk.data(), static_cast<std::streamsize>(chunk.size())) || in.gcount() > 0)
    sum.update(std::as_bytes(std::span(chunk.data(), static_cast<std::size_t>(in.gcount()))));
  if (!in.eof()) throw failure(exit_code::storage, "can not read " + path + " again for its SHA-256");
  return hex(sum.value());
}

/// One direction of a conversation.
struct flow {
  progress_bar meter;
  sha256 sum;
  bool summed;  ///< while it flows
  std::error_code failed;
  bool local = false;  ///< `failed` is of our file or stream, not of the session

  flow(std::optional<std::uint64_t> total, bool drawn, bool sum_it) : meter(total, drawn), summed(sum_it) {}
};

task<void> send_source(session& talk, byte_source& source, flow& out, operation_options options) {
  out.meter.start();
  for (;;) {
    frame_buffer chunk = talk.make_frame(chunk_size);
    const result<std::size_t> got = co_await source.read_some(chunk.bytes());
    if (!got) {
      out.failed = got.error();
      out.local = true;
      talk.abort();  // without CLOSE the peer knows that this is not all
      co_return;
    }
    if (*got == 0) break;
    chunk.truncate(*got);
    if (out.summed) out.sum.update(chunk.bytes());
    const result<void> sent = co_await talk.send(as_result, std::move(chunk), options);
    if (!sent) {
      out.failed = sent.error();
      co_return;
    }
    out.meter.advance(*got);
  }
  const result<void> closed = co_await talk.shutdown_send(as_result, options);
  out.failed = closed.error();
}

task<void> receive_into(session& talk, byte_sink& sink, flow& in, operation_options options) {
  for (;;) {
    const result<frame_batch> frames = co_await talk.receive_some(as_result, options);
    if (!frames) {
      if (frames.error() != errc::peer_closed) in.failed = frames.error();
      co_return;
    }
    for (const std::span<const std::byte> bytes : *frames) {
      const result<void> written = co_await sink.write(bytes);
      if (!written) {
        in.failed = written.error();
        in.local = true;
        talk.abort();
        co_return;
      }
      if (in.summed) in.sum.update(bytes);
      in.meter.advance(bytes.size());
    }
  }
}

void say_flow(const reporter& report, const char* verb, const flow& done, const std::string& digest_text) {
  json_line event(verb);
  event.add("bytes", done.meter.bytes())
      .add("seconds", done.meter.seconds())
      .add("bytes_per_second", done.meter.rate());
  std::string text = std::string(verb) + " " + std::to_string(done.meter.bytes()) + " bytes";
  if (done.meter.bytes() > 0) {
    char seconds[32];
    std::snprintf(seconds, sizeof seconds, "%.3f", done.meter.seconds());
    text += std::string(" in ") + seconds + " s, " + rate_text(done.meter.rate());
  }
  if (!digest_text.empty()) {
    event.add("sha256", digest_text);
    text += "\nsha256 " + digest_text;
  }
  report.say(event, text);
}

}  // namespace

void say_session(const reporter& report, const session_info& info) {
  json_line event("session");
  event.add("peer", info.peer.to_string()).add("peer_address", info.peer_address);
  event.add("level", to_string(info.level)).add("aead", info.aead).add("carrier", info.carrier);
  event.add("first_contact", info.first_contact).add("below_record", info.below_record);
  std::string text = "connected with " + info.peer.to_string();
  if (info.level != security_level::none) {
    event.add("id", session_id_text(info.session_id)).add("start", to_string(info.start));
    if (info.start == session_start::resumed) text = "resumed the session with " + info.peer.to_string();
    if (info.start == session_start::expired) text = "the earlier session has expired; " + text;
  }
  if (info.peer_key) {
    event.add("fingerprint", info.peer_key->fingerprint()).add("key", info.peer_key->to_hex());
    text += ", key " + info.peer_key->fingerprint() +
            (info.first_contact ? " (first contact, now pinned)" : " (as pinned)");
  } else {
    text += " (claimed, not proved)";
  }
  text += ", level " + std::string(to_string(info.level));
  if (!info.aead.empty()) text += " by " + info.aead;
  text += " over " + info.carrier;
  if (info.below_record) text += "\nwarning: this peer was met at a stronger level before";
  report.say(event, text);
}

task<exit_code> converse(session talk, conversation what, reporter report, std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const operation_options options = stop_on(stop);
  const bool draw = !report.json();
  const bool has_source = what.source.has_value();
  flow out(has_source ? what.source->size() : std::nullopt, draw, what.digests && what.source_file.empty());
  flow in(std::nullopt, draw && !has_source, what.digests && what.sink_file.empty());
  const std::stop_callback on_stop(stop, std::function<void()>([&] {
                                     if (has_source) what.source->cancel();
                                     what.sink.cancel();
                                   }));

  task_group sending(executor);
  if (has_source) sending.start(send_source(talk, *what.source, out, options));
  co_await receive_into(talk, what.sink, in, options);
  // The peer has said all: whoever sits at our terminal has nobody to type for. A file or a pipe is sent to
  // its end.
  if (has_source && (in.failed || what.source->terminal())) what.source->cancel();
  co_await sending.wait();
  out.meter.finish();
  in.meter.finish();

  const std::error_code session_failure = talk.failure();
  for (const flow* one : {&out, &in})
    if (one->local && one->failed != errc::cancelled)
      throw failure(exit_code::storage,
                    std::string(one == &out ? "reading what to send: " : "writing what came: ") +
                        one->failed.message());
  if (stop.stop_requested()) {
    [[maybe_unused]] const auto closed = co_await talk.close(as_result, within(std::chrono::seconds(2)));
    co_return exit_code::interrupted;
  }
  const std::error_code failed = out.failed ? out.failed : in.failed;
  if (failed) {
    const std::error_code cause = session_failure ? session_failure : failed;
    throw failure(cause, talk.explain(cause));
  }
  const result<void> closed = co_await talk.close(as_result, options);
  if (!closed) throw failure(closed.error(), talk.explain(closed.error()));

  const auto digest_text = [&](const flow& done, const std::string& file) -> std::string {
    if (!what.digests) return {};
    return done.summed ? hex(done.sum.value()) : digest_of_file(file);
  };
  if (has_source) say_flow(report, "sent", out, digest_text(out, what.source_file));
  if (in.meter.bytes() > 0 || !has_source) say_flow(report, "received", in, digest_text(in, what.sink_file));
  co_return exit_code::ok;
}

}  // namespace coseal::tool
