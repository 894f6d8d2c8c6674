#pragma once

#include <coseal/log.hpp>
#include <coseal/metrics.hpp>
#include <coseal/trace.hpp>

#include <memory>
#include <optional>

namespace coseal {

/// Who watches an endpoint; nobody by default.
struct observation {
  std::optional<metrics> numbers;
  log lines;
  std::shared_ptr<tracer> spans;
};

}  // namespace coseal
