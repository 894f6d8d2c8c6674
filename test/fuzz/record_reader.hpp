#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// What one direction said, up to its end.
struct told {
  enum class ending {
    open,       ///< more may come
    truncated,  ///< no CLOSE
    closed,     ///< by CLOSE
    refused,    ///< by a legal REFUSED
    failed,     ///< by something that must end the connection
  };
  using bytes = std::vector<std::byte>;

  std::vector<bytes> frames, pings, pongs, accepts;
  ending end = ending::open;

  friend bool operator==(const told&, const told&) = default;
};

/// A receiver that is plain to compare with docs/protocol.md sections 2 and 6: no cleverness, everything
/// copied.
class record_reader {
 public:
  struct rules {
    bool keyed = false;  ///< else level none
    bool pads = false;   ///< level encrypted
    bool awaiting_accept = false;
    std::size_t max_record = 0, max_frame = 0;
    std::size_t key_updates = 0;  ///< how many may come; the records are few and time stands still
  };
  explicit record_reader(rules r) : rules_(r) {}

  /// A whole direction at level none, as it lies on the wire, until its end.
  void read_clear(std::span<const std::byte> wire);
  /// One content, opened and verified, its padding still on.
  void take(std::span<const std::byte> content);
  /// The carrier has ended.
  void end_of_carrier();

  const told& result() const noexcept { return told_; }
  bool ended() const noexcept { return told_.end != told::ending::open; }

 private:
  void fail() noexcept { told_.end = told::ending::failed; }
  void take_plain(std::uint8_t type, told::bytes body);
  void take_pack(const told::bytes& body);
  void take_close(const told::bytes& body);

  rules rules_;
  told told_;
  bool accepted_ = false, closed_ = false, assembling_ = false;
  told::bytes assembly_;
  std::size_t total_ = 0;
  std::size_t key_updates_ = 0;
};
