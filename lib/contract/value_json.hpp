#pragma once
// Values as JSON and back where no C++ type is at hand, only its text: docs/protocol.md, Values. What
// json_codec and codec do with a type, in the same strictness.

#include "contract/type_text.hpp"

#include <coseal/result.hpp>
#include <coseal/value_error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace coseal {

/// The JSON of the encoded value. Errors: those of coseal::decode, value_errc::no_json_form, and wrong_type
/// for a type that this text does not tell. The JSON takes no more than 64 bytes a byte of the value and 4
/// MiB.
result<std::string> value_to_json(const type_text& type, std::span<const std::byte> value,
                                  decode_failure* where = nullptr);

/// The encoding of the value that `json` is. Errors: those of coseal::from_json, and wrong_type as above. In
/// a build with JSON.
result<std::vector<std::byte>> value_from_json(const type_text& type, std::string_view json,
                                               decode_failure* where = nullptr);

}  // namespace coseal
