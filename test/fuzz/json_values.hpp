#pragma once

#include <string_view>

/// JSON of a stranger as a value with a field of every type, as such a value's list of structs, and as a
/// channel's description. Aborts where a value that was read does not write JSON that reads as the same
/// value.
void fuzz_json_values(std::string_view text);
