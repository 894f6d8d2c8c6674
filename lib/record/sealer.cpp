#include "record/sealer.hpp"

#include "record/traffic_key.hpp"

#include <algorithm>
#include <cassert>
#include <cstdlib>

namespace coseal {
namespace {

std::span<std::byte> write_header(std::span<std::byte> record, std::size_t length,
                                  std::uint64_t epoch) noexcept {
  const auto at = record.first<record_header::size>();
  record_header{static_cast<std::uint32_t>(length), record_kind::traffic, static_cast<std::uint8_t>(epoch)}
      .write(at);
  return at;
}

class clear_sealer final : public sealer {
 public:
  std::size_t overhead() const noexcept override { return 0; }
  result<void> seal(std::span<std::byte> record) noexcept override {
    write_header(record, record.size() - record_header::size, 0);
    return {};
  }
  result<void> seal_copy(std::span<std::byte> record, std::size_t head,
                         std::span<const std::byte> payload) noexcept override {
    std::ranges::copy(payload, record.begin() + static_cast<std::ptrdiff_t>(record_header::size + head));
    return seal(record);
  }
  bool gathers() const noexcept override { return true; }
  result<void> seal_gather(std::span<std::byte> start, std::span<const std::byte> payload,
                           std::span<std::byte>) noexcept override {
    write_header(start, start.size() - record_header::size + payload.size(), 0);
    return {};
  }
  bool rekey_due(const rekey_limits&, clock::time_point) const noexcept override { return false; }
  void rekey(clock::time_point) override {}
  void drop_expanded_key() noexcept override {}
  std::uint64_t epoch() const noexcept override { return 0; }
};

class keyed_sealer : public sealer {
 public:
  keyed_sealer(secret32 secret, const aead_backend& backend, clock::time_point now)
      : key_(std::move(secret), backend, now) {}
  std::size_t overhead() const noexcept override { return tag_size; }
  bool rekey_due(const rekey_limits& limits, clock::time_point now) const noexcept override {
    return key_.due(limits, now);
  }
  void rekey(clock::time_point now) override { key_.update(now); }
  void drop_expanded_key() noexcept override { key_.drop_expanded_key(); }
  std::uint64_t epoch() const noexcept override { return key_.epoch(); }

 protected:
  traffic_key key_;
};

class authenticated_sealer final : public keyed_sealer {
 public:
  using keyed_sealer::keyed_sealer;

  result<void> seal(std::span<std::byte> record) noexcept override {
    const auto content_end = record.size() - tag_size;
    return tag(record.first(content_end), {}, record.subspan(content_end));
  }
  result<void> seal_copy(std::span<std::byte> record, std::size_t head,
                         std::span<const std::byte> payload) noexcept override {
    std::ranges::copy(payload, record.begin() + static_cast<std::ptrdiff_t>(record_header::size + head));
    return seal(record);
  }
  bool gathers() const noexcept override { return true; }
  result<void> seal_gather(std::span<std::byte> start, std::span<const std::byte> payload,
                           std::span<std::byte> tag_out) noexcept override {
    return tag(start, payload, tag_out);
  }

 private:
  result<void> tag(std::span<std::byte> start, std::span<const std::byte> payload,
                   std::span<std::byte> out) noexcept {
    const auto length = start.size() - record_header::size + payload.size() + tag_size;
    const auto nonce = key_.next_nonce_to_seal(length);
    if (!nonce) return nonce.error();
    write_header(start, length, key_.epoch());
    key_.aead().mac(*nonce, start, payload, out.first<tag_size>());
    return {};
  }
};

class encrypted_sealer final : public keyed_sealer {
 public:
  using keyed_sealer::keyed_sealer;

  result<void> seal(std::span<std::byte> record) noexcept override {
    const auto length = record.size() - record_header::size;
    const auto nonce = key_.next_nonce_to_seal(length);
    if (!nonce) return nonce.error();
    const auto header = write_header(record, length, key_.epoch());
    const auto content = record.subspan(record_header::size, length - tag_size);
    key_.aead().seal(*nonce, header, content, content.data(), record.last<tag_size>());
    return {};
  }
  result<void> seal_copy(std::span<std::byte> record, std::size_t head,
                         std::span<const std::byte> payload) noexcept override {
    assert(record.size() == record_header::size + head + payload.size() + tag_size);
    const auto length = record.size() - record_header::size;
    const auto nonce = key_.next_nonce_to_seal(length);
    if (!nonce) return nonce.error();
    const auto header = write_header(record, length, key_.epoch());
    key_.aead().seal_after(*nonce, header, record.subspan(record_header::size, head), payload,
                           record.last<tag_size>());
    return {};
  }
  bool gathers() const noexcept override { return false; }
  result<void> seal_gather(std::span<std::byte>, std::span<const std::byte>,
                           std::span<std::byte>) noexcept override {
    assert(false && "encrypted content is never gathered from where it lies");
    std::abort();
  }
};

}  // namespace

std::unique_ptr<sealer> make_clear_sealer() {
  return std::make_unique<clear_sealer>();
}

std::unique_ptr<sealer> make_sealer(security_level level, secret32 secret, const aead_backend& backend,
                                    clock::time_point now) {
  assert(level != security_level::none);
  if (level == security_level::authenticated)
    return std::make_unique<authenticated_sealer>(std::move(secret), backend, now);
  return std::make_unique<encrypted_sealer>(std::move(secret), backend, now);
}

}  // namespace coseal
