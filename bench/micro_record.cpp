#include "bytes/record_header.hpp"
#include "crypto/aead.hpp"
#include "micro.hpp"
#include "record/content.hpp"
#include "record/opener.hpp"
#include "record/sealer.hpp"
#include "stopwatch.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <stdexcept>
#include <vector>

namespace coseal::bench {
namespace {

constexpr std::array<std::byte, 32> key_bytes{std::byte{3}};
// New keys before the soft limit of docs/protocol.md is near; far enough apart to cost nothing.
constexpr std::size_t records_a_key = std::size_t{1} << 20;

const aead_backend& backend(const std::string& name) {
  auto found = find_aead_backend(name);
  return *found.value();
}

/// So many records as fit the second-level cache, each at its own place, so that opening has fresh ones to
/// open.
struct record_field {
  explicit record_field(std::size_t size)
      : payload(size, std::byte{5}),
        each(record_header::size + 1 + size + tag_size),
        count(std::clamp<std::size_t>(256 * 1024 / each, 1, 4096)),
        memory(each * count) {
    reset();
  }
  std::span<std::byte> record(std::size_t i) { return std::span(memory).subspan(i * each, each); }
  std::span<std::byte> content(std::size_t i) {
    return record(i).subspan(record_header::size, 1 + payload.size());
  }
  tag_span tag(std::size_t i) { return tag_span(record(i).last(tag_size)); }
  void reset() {
    for (std::size_t i = 0; i < count; ++i) {
      record_header header;
      header.length = static_cast<std::uint32_t>(each - record_header::size);
      header.write(record(i).first<record_header::size>());
      content(i)[0] = static_cast<std::byte>(content_type::frame);
      std::copy(payload.begin(), payload.end(), content(i).begin() + 1);
    }
  }

  std::vector<std::byte> payload;
  std::size_t each;
  std::size_t count;
  std::vector<std::byte> memory;
};

/// Repeats `prepare` (not timed) and `work` (timed) on `batch` messages until the time is full.
template <typename Prepare, typename Work>
run_result measure(std::chrono::nanoseconds length, std::size_t batch, Prepare prepare, Work work) {
  std::chrono::nanoseconds spent{0};
  std::size_t done = 0;
  while (spent < length) {
    prepare();
    const auto began = time_now(time_kind::processor);
    work();
    spent += time_now(time_kind::processor) - began;
    done += batch;
  }
  run_result r;
  r.rate = static_cast<double>(done) / std::chrono::duration<double>(spent).count();
  r.p50_us = 1e6 / r.rate;
  return r;
}

void must(bool good) {
  if (!good) throw std::runtime_error("a record does not seal or open");
}

}  // namespace

run_result record_layer(const micro_load& load) {
  record_field field(load.size);
  const auto level =
      load.work == record_work::mac ? security_level::authenticated : security_level::encrypted;
  std::unique_ptr<sealer> seals;
  std::unique_ptr<opener> opens;
  std::size_t left = 0;
  const auto renew_keys = [&] {
    if (left >= field.count) return;
    const auto now = std::chrono::steady_clock::now();
    seals = make_sealer(level, secret32(key_bytes), backend(load.aead), now);
    opens = make_opener(level, secret32(key_bytes), backend(load.aead), now);
    left = records_a_key;
  };
  const auto seal_all = [&] {
    for (std::size_t i = 0; i < field.count; ++i) must(seals->seal(field.record(i)).has_value());
  };
  const auto seal_copy_all = [&] {
    for (std::size_t i = 0; i < field.count; ++i)
      must(seals->seal_copy(field.record(i), 1, field.payload).has_value());
  };
  const auto open_all = [&] {
    for (std::size_t i = 0; i < field.count; ++i) {
      const auto record = field.record(i);
      const auto header = record_header::parse(record.first<record_header::size>());
      must(opens->open(header, record.subspan(record_header::size)).has_value());
    }
  };
  const auto prepare = [&] {
    renew_keys();
    left -= std::min(left, field.count);
    if (load.work != record_work::open) return;
    field.reset();
    seal_all();
  };
  switch (load.work) {
    case record_work::seal:
    case record_work::mac:
      return measure(load.length, field.count, prepare, seal_all);
    case record_work::seal_copy:
      return measure(load.length, field.count, prepare, seal_copy_all);
    case record_work::open:
      return measure(load.length, field.count, prepare, open_all);
  }
  return {};
}

run_result bare_aead(const micro_load& load) {
  record_field field(load.size);
  const auto key = backend(load.aead).expand(key_bytes);
  const nonce_bytes nonce{};  // the same for all: nothing here is secret, and the time does not depend on it
  const auto header = [&](std::size_t i) { return field.record(i).first(record_header::size); };
  const auto nothing = [] {};
  const auto seal_all = [&] {
    for (std::size_t i = 0; i < field.count; ++i)
      key->seal(nonce, header(i), field.content(i), field.content(i).data(), field.tag(i));
  };
  switch (load.work) {
    case record_work::seal:
      return measure(load.length, field.count, nothing, seal_all);
    case record_work::seal_copy:
      return measure(load.length, field.count, nothing, [&] {
        for (std::size_t i = 0; i < field.count; ++i)
          key->seal_after(nonce, header(i), field.content(i).first(1), field.payload, field.tag(i));
      });
    case record_work::mac:
      return measure(load.length, field.count, nothing, [&] {
        for (std::size_t i = 0; i < field.count; ++i)
          key->mac(nonce, header(i), field.content(i), field.tag(i));
      });
    case record_work::open:
      return measure(load.length, field.count, seal_all, [&] {
        for (std::size_t i = 0; i < field.count; ++i)
          must(key->open(nonce, header(i), field.content(i), const_tag_span(field.tag(i))));
      });
  }
  return {};
}

}  // namespace coseal::bench
