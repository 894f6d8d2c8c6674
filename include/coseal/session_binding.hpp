#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace coseal {

/// What a connector can go on with a session from, after its connection or its process has ended:
/// session::binding() gives it, connect_options::resume() takes it. The bytes are secret, whoever has them
/// and the identity of the connector's store is the session's connector; they are wiped when they go. They
/// hold no key that ever sealed anything, so that copies and old backups do no harm to what was sent.
class session_binding {
 public:
  session_binding() noexcept = default;
  /// From bytes() of an earlier one.
  explicit session_binding(std::vector<std::byte> bytes) noexcept : bytes_(std::move(bytes)) {}
  session_binding(const session_binding&) = default;
  session_binding(session_binding&& other) noexcept;
  session_binding& operator=(const session_binding& other);
  session_binding& operator=(session_binding&& other) noexcept;
  ~session_binding();

  /// About 900 bytes, to be stored where only the connector reads them.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  /// There is something to resume from.
  explicit operator bool() const noexcept { return !bytes_.empty(); }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace coseal
