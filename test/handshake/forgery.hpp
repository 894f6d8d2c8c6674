#pragma once
// Peers that follow the protocol but for one lie: built from the library's parts and docs/protocol.md, not
// from its steps.

#include "handshake/hello.hpp"
#include "handshake/hello_reply.hpp"
#include "handshake/identity_proof.hpp"
#include "handshake/meeting.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace coseal::test {

/// One side's part of a handshake, to be made wrong before it is used.
struct forgery {
  signing_key signer = signing_key::generate();
  identity_block identity;  ///< its key is the signer's unless changed
  std::function<void(hello&)> change_hello = [](hello&) {};
  std::function<void(hello_reply&)> change_reply = [](hello_reply&) {};
  /// Of the identity as it is then signed.
  std::function<void(std::vector<std::byte>&)> change_identity = [](std::vector<std::byte>&) {};
  /// Of all that is sealed, once it is signed and hashed.
  std::function<void(std::vector<std::byte>&)> change_plaintext = [](std::vector<std::byte>&) {};
  bool sign_as_the_other_role = false;
  bool wrong_finished = false;

  /// What the peer said to it: ABORT opened, or REFUSED. Empty if it closed without a word.
  std::optional<refusal> answer;
  std::optional<record_kind> answer_kind;

  explicit forgery(coordinate where);
};

/// Acceptor and connector that shake hands as `lie` says and note the answer in it.
role_on_link forged_acceptor(std::shared_ptr<forgery> lie);
role_on_link forged_connector(std::shared_ptr<forgery> lie, security_level level = security_level::encrypted);
/// Sends these bytes to whoever speaks first, and no more.
role_on_link acceptor_that_says(std::vector<std::byte> record);

/// A whole record of `body`.
std::vector<std::byte> record_of(record_kind kind, std::span<const std::byte> body);
std::vector<std::byte> refused_record(std::uint8_t code, std::uint32_t retry_after = 0,
                                      std::size_t detail = 0);

}  // namespace coseal::test
