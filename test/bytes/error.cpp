#include "support/catch.hpp"

#include <coseal/error.hpp>

#include <asio/error.hpp>

#include <set>
#include <vector>

using namespace coseal;

namespace {

const std::vector<condition> groups{condition::malformed, condition::peer_misbehaved, condition::incompatible,
                                    condition::refused,   condition::misuse,          condition::storage,
                                    condition::transport, condition::timed_out,       condition::cancelled,
                                    condition::local};

/// Every group that a code compares equal to.
std::vector<condition> groups_of(std::error_code code) {
  std::vector<condition> out;
  for (const auto group : groups)
    if (code == group) out.push_back(group);
  return out;
}

using only = std::vector<condition>;
constexpr int last_code = static_cast<int>(errc::session_moved);

}  // namespace

TEST_CASE("every code has a sentence of its own and one group", "[bytes]") {
  std::set<std::string> sentences;
  for (int value = 1; value <= last_code; ++value) {
    const std::error_code code(value, error_category());
    CAPTURE(value, code.message());
    REQUIRE(code.message().find("unknown") == std::string::npos);
    REQUIRE(sentences.insert(code.message()).second);
    REQUIRE(groups_of(code).size() == 1);
  }
}

TEST_CASE("the first and the last code of each group belong to it", "[bytes]") {
  const auto belong = [](condition group, errc first, errc last) {
    for (int value = static_cast<int>(first); value <= static_cast<int>(last); ++value) {
      CAPTURE(value);
      REQUIRE(groups_of(static_cast<errc>(value)) == only{group});
    }
  };
  belong(condition::malformed, errc::not_coseal, errc::unknown_critical_extension);
  belong(condition::peer_misbehaved, errc::unexpected_record, errc::peer_failed);
  belong(condition::incompatible, errc::version_unsupported, errc::no_aead_backend);
  belong(condition::refused, errc::level_refused, errc::handshake_refused);
  belong(condition::misuse, errc::invalid_coordinate, errc::needs_duplex);
  belong(condition::storage, errc::identity_missing, errc::wrong_passphrase);
  belong(condition::timed_out, errc::timed_out, errc::peer_dead);
  belong(condition::cancelled, errc::cancelled, errc::cancelled);
  belong(condition::local, errc::self_test_failed, errc::self_test_failed);
}

TEST_CASE("no code and unknown codes belong to no group", "[bytes]") {
  REQUIRE(groups_of({}).empty());
  REQUIRE(groups_of(std::error_code(last_code + 1, error_category())).empty());
  REQUIRE(groups_of(std::error_code(0, error_category())).empty());
  REQUIRE(groups_of(std::error_code(ECONNRESET, asio::error::get_misc_category())).empty());
  REQUIRE(std::error_code(last_code + 1, error_category()).message().find("unknown") == 0);
}

TEST_CASE("failures of the network are transport, whichever category brings them", "[bytes]") {
  for (const int value : {ECONNRESET, ECONNREFUSED, ECONNABORTED, EPIPE, EHOSTUNREACH, ENETUNREACH, ENOTCONN,
                          EADDRINUSE, ENOENT}) {
    CAPTURE(value);
    REQUIRE(groups_of(std::error_code(value, asio::error::get_system_category())) ==
            only{condition::transport});
    REQUIRE(groups_of(std::error_code(value, std::system_category())) == only{condition::transport});
    REQUIRE(groups_of(std::error_code(value, std::generic_category())) == only{condition::transport});
  }
  REQUIRE(groups_of(asio::error::eof) == only{condition::transport});
  REQUIRE(groups_of(asio::error::connection_reset) == only{condition::transport});
  REQUIRE(groups_of(asio::error::host_not_found) == only{condition::transport});
  REQUIRE(groups_of(asio::error::service_not_found) == only{condition::transport});
}

TEST_CASE("cancellation and time-outs of the system are those of coseal", "[bytes]") {
  REQUIRE(groups_of(asio::error::operation_aborted) == only{condition::cancelled});
  REQUIRE(groups_of(make_error_code(std::errc::operation_canceled)) == only{condition::cancelled});
  REQUIRE(groups_of(asio::error::timed_out) == only{condition::timed_out});
  REQUIRE(groups_of(make_error_code(std::errc::timed_out)) == only{condition::timed_out});
  REQUIRE(groups_of(make_error_code(std::errc::too_many_files_open)) == only{condition::local});
}

TEST_CASE("an error says its context and its sentence", "[bytes]") {
  const error failure(errc::bad_signature, "backend over tcp");
  REQUIRE(failure.code() == errc::bad_signature);
  const std::string text = failure.what();
  REQUIRE(text.find("backend over tcp") == 0);
  REQUIRE(text.find("private key") != std::string::npos);
}
