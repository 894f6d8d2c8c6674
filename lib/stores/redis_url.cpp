#include "stores/redis_url.hpp"

#include <coseal/error.hpp>

#include <charconv>
#include <optional>

namespace coseal {
namespace {

constexpr std::size_t longest_socket_path = 107;  // of sockaddr_un

bool takes_prefix(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

template <typename Number>
std::optional<Number> decimal(std::string_view text, Number most) {
  Number number{};
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failed != std::errc() || end != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

/// "%41" is "A"; no zero bytes.
std::optional<std::string> percent_decoded(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain += text[i];
      continue;
    }
    unsigned byte = 0;
    const auto digits = text.substr(i + 1, 2);
    const auto [end, failed] = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || failed != std::errc() || end != digits.data() + 2 || byte == 0)
      return std::nullopt;
    plain += static_cast<char>(byte);
    i += 2;
  }
  return plain;
}

constexpr unsigned last_database = 65535;

bool read_login(std::string_view login, redis_url& into) {
  const auto colon = login.find(':');
  const auto user = percent_decoded(login.substr(0, colon));
  const auto password = percent_decoded(colon == std::string_view::npos ? "" : login.substr(colon + 1));
  if (!user || !password || (password->empty() && !user->empty())) return false;
  into.user = *user;
  into.password = *password;
  return true;
}

bool read_place(std::string_view place, redis_url& into) {
  std::string_view host = place;
  std::string_view port;
  if (takes_prefix(host, "[")) {
    const auto end = host.find(']');
    if (end == std::string_view::npos) return false;
    port = host.substr(end + 1);
    host = host.substr(0, end);
  } else {
    const auto colon = host.find(':');
    port = colon == std::string_view::npos ? "" : host.substr(colon);
    host = host.substr(0, colon);
  }
  if (host.empty() || host.find_first_of("[]@%?#\\ ") != std::string_view::npos) return false;
  into.host = host;
  if (port.empty()) return true;
  const auto number = takes_prefix(port, ":") ? decimal<unsigned>(port, 65535) : std::nullopt;
  if (!number || *number == 0) return false;
  into.port = static_cast<std::uint16_t>(*number);
  return true;
}

bool read_database(std::string_view text, redis_url& into) {
  const auto number = decimal<unsigned>(text, last_database);
  if (number) into.database = *number;
  return number.has_value();
}

}  // namespace

result<redis_url> redis_url::parse(std::string_view text) {
  redis_url url;
  if (text.find('\0') != std::string_view::npos) return errc::invalid_address;
  if (takes_prefix(text, "redis+unix://")) {
    const auto query = text.find('?');
    auto path = percent_decoded(text.substr(0, query));
    if (!path || !path->starts_with('/') || path->size() > longest_socket_path) return errc::invalid_address;
    url.path = *std::move(path);
    if (query == std::string_view::npos) return url;
    auto option = text.substr(query + 1);
    if (!takes_prefix(option, "db=") || !read_database(option, url)) return errc::invalid_address;
    return url;
  }
  if (!takes_prefix(text, "redis://")) return errc::invalid_address;
  if (const auto at = text.find('@'); at != std::string_view::npos) {
    if (!read_login(text.substr(0, at), url)) return errc::invalid_address;
    text.remove_prefix(at + 1);
  }
  const auto slash = text.find('/');
  if (!read_place(text.substr(0, slash), url)) return errc::invalid_address;
  const auto database = slash == std::string_view::npos ? std::string_view() : text.substr(slash + 1);
  if (!database.empty() && !read_database(database, url)) return errc::invalid_address;
  return url;
}

}  // namespace coseal
