#include <coseal/coordinate.hpp>
#include <coseal/error.hpp>

#include <algorithm>
#include <utility>

namespace coseal {
namespace {

constexpr std::size_t longest_part = 64;

// Not std::isalnum: what a coordinate may hold must not depend on the locale.
constexpr bool legal(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
         c == '-';
}

bool legal_part(std::string_view part) noexcept {
  return part.size() <= longest_part && std::ranges::all_of(part, legal);
}

}  // namespace

coordinate::coordinate(std::string environment, std::string instance)
    : environment_(std::move(environment)), instance_(std::move(instance)) {
  if (environment_.empty() || !legal_part(environment_) || !legal_part(instance_))
    throw error(errc::invalid_coordinate, "\"" + to_string().substr(0, 2 * longest_part) + "\"");
}

result<coordinate> coordinate::parse(std::string_view text) {
  const auto slash = text.find('/');
  const auto environment = text.substr(0, slash);
  const auto instance = slash == text.npos ? std::string_view() : text.substr(slash + 1);
  const bool dangling = slash != text.npos && instance.empty();
  if (environment.empty() || dangling || !legal_part(environment) || !legal_part(instance))
    return errc::invalid_coordinate;
  return coordinate(std::string(environment), std::string(instance));
}

}  // namespace coseal
