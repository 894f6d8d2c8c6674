#pragma once

#include "options.hpp"
#include "report.hpp"

#include <vector>

namespace coseal::bench {

/// Writes a bar chart into o.plot_file: for each size the subject's bars, as shares of the baseline of the
/// same rounds where there is one, each with its rate and a mark where the floor lies. Throws if the file can
/// not be written.
void write_plot(const options& o, const std::vector<figure>& figures);

}  // namespace coseal::bench
