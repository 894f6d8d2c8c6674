#include <coseal/codec/description.hpp>
#include <coseal/error.hpp>

namespace coseal {

bool description::open_struct(std::string_view name, std::type_index type) {
  const std::string own(name);
  for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer) {
    if (outer->second == type) {
      text_ += own;
      return false;
    }
    // What stands in between would take the name for its own.
    if (outer->first == own)
      for (auto further = outer; further != open_.rend(); ++further)
        if (further->second == type)
          throw error(errc::invalid_channel, "two structs named " + own + " that hold each other");
  }
  open_.emplace_back(own, type);
  text_ += own + "{";
  return true;
}

void description::field(std::string_view name) {
  if (!text_.ends_with('{')) text_ += ',';
  text_ += name;
  text_ += ':';
}

void description::close_struct() {
  open_.pop_back();
  text_ += '}';
}

}  // namespace coseal
