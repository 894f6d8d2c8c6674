#include "crypto/aead.hpp"

#include "crypto/aead_backends.hpp"
#include "crypto/self_test.hpp"

#include <coseal/error.hpp>

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <string>

namespace coseal {
namespace {

/// A candidate after its first use: made and tested once.
struct tried_backend {
  aead_candidate candidate;
  std::once_flag once{};
  const aead_backend* backend = nullptr;  ///< null if this CPU can not run it
  bool correct = false;

  result<const aead_backend*> use() {
    std::call_once(once, [this] {
      backend = candidate.make();
      correct = backend != nullptr && aead_self_test(*backend);
    });
    if (backend == nullptr) return errc::no_aead_backend;
    if (!correct) return errc::self_test_failed;
    return backend;
  }
};

/// Fastest first.
std::span<tried_backend> compiled_in() {
  static tried_backend backends[] = {
#if defined(COSEAL_HAVE_IPSEC_MB)
    {{"ipsec-mb", make_ipsec_mb_backend}},
#endif
    {{"libsodium", make_libsodium_backend}},
#if defined(COSEAL_HAVE_WOLFSSL)
    {{"wolfssl", make_wolfssl_backend}},
#endif
  };
  return backends;
}

std::string_view forced_backend() noexcept {
  const char* name = std::getenv("COSEAL_AEAD");
  return name != nullptr ? name : "";
}

}  // namespace

bool aead_key::verify(const nonce_bytes& nonce, std::span<const std::byte> a, std::span<const std::byte> b,
                      const_tag_span tag) noexcept {
  std::array<std::byte, tag_size> expected;
  mac(nonce, a, b, expected);
  const bool good = equal_constant_time(expected, tag);
  if (!good) wipe(expected);  // the tag that the forger wanted to know
  return good;
}

result<const aead_backend*> find_aead_backend(std::string_view name) {
  for (auto& tried : compiled_in())
    if (tried.candidate.name == name) return tried.use();
  return errc::no_aead_backend;
}

result<const aead_backend*> choose_aead_backend(std::string_view forced) {
  if (!forced.empty()) return find_aead_backend(forced);
  for (auto& tried : compiled_in()) {
    auto chosen = tried.use();
    // A wrong result is no reason to go on quietly with the next one: somebody should know, and force
    // another.
    if (chosen || chosen.error() == errc::self_test_failed) return chosen;
  }
  return errc::no_aead_backend;
}

result<const aead_backend*> default_aead_backend() {
  static const result<const aead_backend*> chosen = []() -> result<const aead_backend*> {
    if (auto primitives = crypto_self_test(); !primitives) return primitives.error();
    return choose_aead_backend(forced_backend());
  }();
  return chosen;
}

std::vector<const aead_backend*> usable_aead_backends() {
  std::vector<const aead_backend*> usable;
  for (auto& tried : compiled_in())
    if (auto backend = tried.use()) usable.push_back(*backend);
  return usable;
}

std::string explain_aead_backends() {
  std::string text = "AES-256-GCM backends:";
  const auto say = [&](std::string_view name, std::string_view state) {
    text.append(text.ends_with(':') ? " " : ", ").append(name).append(" ").append(state);
  };
  for (auto& tried : compiled_in()) {
    const auto used = tried.use();
    if (used)
      say(tried.candidate.name, (*used)->constant_time() ? "works" : "works (not constant time)");
    else
      say(tried.candidate.name,
          used.error() == errc::self_test_failed ? "FAILS ITS SELF-TEST" : "does not run on this CPU");
  }
#if !defined(COSEAL_HAVE_IPSEC_MB)
  say("ipsec-mb", "is not built in (install libipsec-mb-dev, -Dipsec_mb=enabled)");
#endif
#if !defined(COSEAL_HAVE_WOLFSSL)
  say("wolfssl", "is not built in (install libwolfssl-dev, -Dwolfssl=enabled; any CPU, GPL)");
#endif
  const auto forced = forced_backend();
  const bool known = std::ranges::any_of(
      compiled_in(), [&](const tried_backend& tried) { return tried.candidate.name == forced; });
  if (forced.empty())
    text.append("; COSEAL_AEAD=<name> forces one");
  else
    text.append("; COSEAL_AEAD=").append(forced).append(known ? " forces that one" : " names none of them");
  return text;
}

}  // namespace coseal
