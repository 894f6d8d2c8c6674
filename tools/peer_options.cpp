#include "peer_options.hpp"

#include "crypto/aead.hpp"
#include "failure.hpp"

#include <coseal/coordinate.hpp>
#include <coseal/error.hpp>

namespace coseal::tool {

void own_options::add_to(CLI::App& command, const char* address_text, std::size_t most_addresses) {
  // A list takes whatever stands behind it, so one address is none.
  const auto take_one = [this](const std::string& address) { addresses.assign(1, address); };
  CLI::Option* const given = most_addresses == 1
                                 ? command.add_option_function<std::string>("address", take_one, address_text)
                                 : command.add_option("address", addresses, address_text)
                                       ->expected(1, static_cast<int>(most_addresses));
  given->required()->type_name("ADDRESS");
  command.add_option("--as", environment, "Who we say we are")
      ->capture_default_str()
      ->type_name("ENVIRONMENT");
  store.add_to(command);
  command.add_option("--aead", aead, "AES-256-GCM by this backend instead of the fastest")
      ->check(CLI::IsMember({"ipsec-mb", "libsodium", "wolfssl"}));
  command.add_flag("--json", json, "One JSON object a line instead of sentences");
  watched.add_to(command);
}

endpoint own_options::open(trust_options trust) const {
  const result<coordinate> who = coordinate::parse(environment);
  if (!who || who->empty() || !who->instance().empty())
    throw failure(errc::invalid_coordinate,
                  "--as " + environment +
                      ": an environment is 1 to 64 characters of A-Z a-z 0-9 . _ - (the instance "
                      "comes with the identity)");
  endpoint self(*who, store.open(), identity_mode::create_if_missing, std::move(trust));
  watched.apply_log(self);
  return self;
}

void own_options::check_aead() const {
  const result<const aead_backend*> backend = aead.empty() ? default_aead_backend() : find_aead_backend(aead);
  if (!backend) throw failure(backend.error(), explain_aead_backends());
}

void add_level(CLI::App& command, const char* name, security_level& level, const char* text) {
  command
      .add_option_function<std::string>(
          name, [&level](const std::string& given) { level = security_level_from(given).value_or(level); },
          std::string(text) + " [" + std::string(to_string(level)) + "]")
      ->check(CLI::IsMember({"none", "authenticated", "encrypted"}))
      ->type_name("LEVEL");
}

void add_pin_policy(CLI::App& command, trust_options& trust) {
  command.add_flag_callback(
      "--pinned-only", [&trust] { trust.policy = pin_policy::pinned_only; },
      "Refuse peers that have no pin yet");
}

}  // namespace coseal::tool
