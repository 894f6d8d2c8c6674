#include "contract/type_text.hpp"

#include <coseal/channel_description.hpp>
#include <coseal/json/writing.hpp>

#include <charconv>
#include <map>
#include <utility>

namespace coseal {
namespace {

std::string quoted_json(std::string_view text) {
  std::string out;
  detail::append_json_text(out, text);
  return out;
}

/// An object with exactly these members.
std::string object_schema(const std::vector<std::pair<std::string_view, std::string>>& members) {
  std::string properties, required;
  for (const auto& [name, schema] : members) {
    const std::string key = quoted_json(name);
    properties += (properties.empty() ? "" : ",") + key + ":" + schema;
    required += (required.empty() ? "" : ",") + key;
  }
  return R"({"type":"object","properties":{)" + properties + R"(},"required":[)" + required +
         R"(],"additionalProperties":false})";
}

/// JSON schemas of types; structs and enums are written once, by name.
class schema_writer {
 public:
  std::string schema(const type_text& type) {
    switch (type.what) {
      case type_text::form::plain:
        return plain(type.name);
      case type_text::form::generic:
        return generic(type);
      case type_text::form::structure:
        return structure(type);
      case type_text::form::enumeration:
        return enumeration(type);
      case type_text::form::mapped:
        return R"({"title":)" + quoted_json(type.name) + R"(,"allOf":[)" + schema(type.arguments[0]) + "]}";
      case type_text::form::number:
        break;
    }
    return "{}";
  }

  /// `{"name":{...},...}`
  std::string components() const {
    std::string out;
    for (const auto& [name, written] : components_)
      out += (out.empty() ? "" : ",") + quoted_json(name) + ":" + written.schema;
    return "{" + out + "}";
  }

  std::string one_of(const std::vector<type_text>& alternatives) {
    std::string out;
    for (const type_text& each : alternatives)
      out += (out.empty() ? "" : ",") + object_schema({{each.name, schema(each)}});
    return R"({"oneOf":[)" + out + "]}";
  }

 private:
  struct component {
    std::string text;
    std::string schema;
  };

  static std::string reference(const std::string& name) {
    return R"({"$ref":)" + quoted_json("#/components/schemas/" + name) + "}";
  }

  static std::string integer(bool with_sign, unsigned bits) {
    const std::uint64_t most = ~std::uint64_t{0} >> (64 - bits + (with_sign ? 1 : 0));
    return R"({"type":"integer","minimum":)" +
           (with_sign ? "-" + std::to_string(most + 1) : std::string("0")) + R"(,"maximum":)" +
           std::to_string(most) + "}";
  }

  std::string plain(std::string_view name) const {
    // Innermost first: a name inside of its own struct.
    for (auto outer = open_.rbegin(); outer != open_.rend(); ++outer)
      if (outer->first == name) return reference(outer->second);
    if (name.size() > 1 && (name[0] == 'u' || name[0] == 'i')) {
      unsigned bits = 0;
      const auto [end, code] = std::from_chars(name.data() + 1, name.data() + name.size(), bits);
      if (code == std::errc() && end == name.data() + name.size() && bits >= 8 && bits <= 64)
        return integer(name[0] == 'i', bits);
    }
    if (name == "f32" || name == "f64") return R"({"type":"number"})";
    if (name == "bool") return R"({"type":"boolean"})";
    if (name == "text") return R"({"type":"string"})";
    if (name == "bytes") return R"({"type":"string","contentEncoding":"base64"})";
    if (name == "none") return R"({"type":"null"})";
    return R"({"title":)" + quoted_json(name) + "}";
  }

  std::string generic(const type_text& type) {
    const auto& arguments = type.arguments;
    if (type.name == "list") return R"({"type":"array","items":)" + schema(arguments[0]) + "}";
    if (type.name == "optional") return R"({"oneOf":[)" + schema(arguments[0]) + R"(,{"type":"null"}]})";
    if (type.name == "variant") return one_of(arguments);
    if (type.name == "time") return R"({"type":"string","format":"date-time"})";
    if (type.name == "bytes") return R"({"type":"string","contentEncoding":"base64"})";
    if (type.name == "array" && arguments.size() == 2) {
      const std::string n(arguments[1].name);
      return R"({"type":"array","items":)" + schema(arguments[0]) + R"(,"minItems":)" + n +
             R"(,"maxItems":)" + n + "}";
    }
    if (type.name == "map" && arguments.size() == 2) {
      const std::string names = arguments[0].what == type_text::form::enumeration
                                    ? R"("propertyNames":)" + schema(arguments[0]) + ","
                                    : "";
      return R"({"type":"object",)" + names + R"("additionalProperties":)" + schema(arguments[1]) + "}";
    }
    if (type.name == "duration" && arguments.size() == 2)
      return R"({"description":)" + quoted_json("in units of " + std::string(arguments[1].name) + " s") +
             R"(,"allOf":[)" + schema(arguments[0]) + "]}";
    return R"({"title":)" + quoted_json(type.name) + "}";
  }

  std::string structure(const type_text& type) {
    const auto [name, is_new] = component_for(type);
    if (!is_new) return reference(name);
    open_.emplace_back(type.name, name);
    std::vector<std::pair<std::string_view, std::string>> members;
    for (std::size_t i = 0; i < type.arguments.size(); ++i)
      members.emplace_back(type.member_names[i], schema(type.arguments[i]));
    open_.pop_back();
    components_[name].schema = object_schema(members);
    return reference(name);
  }

  std::string enumeration(const type_text& type) {
    const auto [name, is_new] = component_for(type);
    if (!is_new) return reference(name);
    std::string names;
    for (const std::string_view each : type.member_names)
      names += (names.empty() ? "" : ",") + quoted_json(each);
    components_[name].schema = R"({"type":"string","enum":[)" + names + "]}";
    return reference(name);
  }

  /// Two types of one name in different namespaces get different components.
  std::pair<std::string, bool> component_for(const type_text& type) {
    for (int number = 1;; ++number) {
      std::string name(type.name);
      if (number > 1) name += "_" + std::to_string(number);
      const auto [at, is_new] = components_.try_emplace(name, component{std::string(type.whole), {}});
      if (is_new || at->second.text == type.whole) return {name, is_new};
    }
  }

  std::map<std::string, component> components_;
  std::vector<std::pair<std::string_view, std::string>> open_;  // structs that are being written
};

std::string json_content(const std::string& schema) {
  return R"("content":{"application/json":{"schema":)" + schema + "}}";
}

/// A problem document with the error as the one member of its member `error`.
std::string problem_content(const std::string& errors) {
  return R"("content":{"application/problem+json":{"schema":{"type":"object","properties":{"type":{"type":"string"},)"
         R"("title":{"type":"string"},"status":{"type":"integer"},"detail":{"type":"string"},"error":)" +
         errors + R"(},"required":["type","title","status","error"]}}})";
}

std::string post_of(schema_writer& schemas, const channel_entry& entry) {
  std::string out = R"({"post":{"operationId":)" + quoted_json(entry.domain + "." + entry.action);
  const auto action = parse_action_text(entry.text);
  if (!action) return out + R"(,"responses":{}}})";
  out += R"(,"requestBody":{"required":true,)" + json_content(schemas.schema(action->input)) + "}";
  out += R"(,"responses":{)";
  if (action->streams())
    out += R"("501":{"description":"items go with this action, which HTTP can not carry"})";
  else if (action->reply)
    out += R"("200":{"description":"the reply",)" + json_content(schemas.schema(*action->reply)) + "}";
  else
    out += R"("204":{"description":"done"})";
  if (!action->errors.empty())
    out += R"(,"422":{"description":"a declared error, as problem details of RFC 9457",)" +
           problem_content(schemas.one_of(action->errors)) + "}";
  return out + "}}}";
}

std::string posts_of(schema_writer& schemas, const channel_direction& direction,
                     std::string_view before_name) {
  std::string out;
  for (const channel_entry& each : direction.entries())
    out += (out.empty() ? "" : ",") + quoted_json(std::string(before_name) + each.name()) + ":" +
           post_of(schemas, each);
  return "{" + out + "}";
}

}  // namespace

std::string describe_openapi(const channel& described, std::string_view title, std::string_view version) {
  schema_writer schemas;
  const std::string paths = posts_of(schemas, described.to_acceptor(), "/");
  const std::string webhooks = posts_of(schemas, described.to_connector(), "");
  return R"({"openapi":"3.1.0","info":{"title":)" + quoted_json(title) + R"(,"version":)" +
         quoted_json(version) + R"(},"paths":)" + paths + R"(,"webhooks":)" + webhooks +
         R"(,"components":{"schemas":)" + schemas.components() + "}}";
}

}  // namespace coseal
