#include "plot.hpp"

#include "machine.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace coseal::bench {
namespace {

constexpr double bar_height = 18, bar_gap = 5, group_gap = 26;
constexpr double left = 230, width = 560, right = 150, top = 64;

/// One bar: a figure, or the baseline that a group of figures is compared to.
struct bar {
  std::string label;
  double length = 0;
  std::string value;
  std::optional<double> floor;
  const char* colour = "#8a8f98";
};

struct group {
  std::string title;
  std::vector<bar> bars;
};

const char* colour_of(const figure& f) {
  if (!f.level) return "#4063d8";
  switch (*f.level) {
    case security_level::none:
      return "#c2571a";
    case security_level::authenticated:
      return "#389826";
    case security_level::encrypted:
      return "#4063d8";
  }
  return "#4063d8";
}

std::string group_title(const figure& f) {
  std::string title = f.scenario;
  if (f.carrier) title += " over " + std::string(to_string(*f.carrier));
  if (f.size) title += ", " + short_size(*f.size);
  return title;
}

bar bar_of(const figure& f) {
  bar b;
  b.label = f.level ? std::string(to_string(*f.level)) : f.aead.value_or("");
  if (f.form) b.label += ", " + std::string(to_string(*f.form));
  if (!f.carrier && f.level && f.aead) b.label += ", " + *f.aead;
  b.colour = colour_of(f);
  if (f.bytes_per_connection) {
    b.length = *f.bytes_per_connection;
    b.value = short_number(b.length) + "B";
    return b;
  }
  b.length = f.ratio.value_or(f.floor_ratio.value_or(1));
  b.value = short_number(f.rate.value_or(0)) + "/s";
  if (f.ratio && f.floor_ratio && *f.floor_ratio > 0) b.floor = *f.ratio / *f.floor_ratio;
  return b;
}

bar baseline_bar(const figure& f) {
  bar b;
  b.label = f.scenario == "connect" ? "what is possible" : "plain Asio (baseline)";
  b.length = 1;
  b.value = f.scenario == "connect" ? "" : short_number(f.baseline_rate.value_or(0)) + "/s";
  if (f.bytes_per_connection) {
    b.length = f.baseline_bytes_per_connection.value_or(0);
    b.value = short_number(b.length) + "B";
  }
  return b;
}

std::vector<group> groups_of(const std::vector<figure>& figures) {
  std::vector<group> groups;
  for (const auto& f : figures) {
    const auto title = group_title(f);
    auto at = std::find_if(groups.begin(), groups.end(), [&](const group& g) { return g.title == title; });
    if (at == groups.end()) {
      groups.push_back({title, {}});
      at = groups.end() - 1;
      if (f.ratio || f.baseline_bytes_per_connection) at->bars.push_back(baseline_bar(f));
    }
    at->bars.push_back(bar_of(f));
  }
  return groups;
}

void text(std::ostream& out, double x, double y, const char* style, const std::string& content) {
  out << "<text x=\"" << x << "\" y=\"" << y << "\" " << style << ">" << content << "</text>\n";
}

void draw_bar(std::ostream& out, const bar& b, double y, double scale) {
  text(out, left - 8, y + 13, "text-anchor=\"end\"", b.label);
  out << "<rect x=\"" << left << "\" y=\"" << y << "\" width=\"" << b.length * scale << "\" height=\""
      << bar_height << "\" fill=\"" << b.colour << "\"/>\n";
  if (b.floor)
    out << "<line x1=\"" << left + *b.floor * scale << "\" x2=\"" << left + *b.floor * scale << "\" y1=\""
        << y - 2 << "\" y2=\"" << y + bar_height + 2 << "\" stroke=\"#111\" stroke-width=\"2\"/>\n";
  text(out, left + std::max(b.length, b.floor.value_or(0)) * scale + 8, y + 13, "fill=\"#444\"", b.value);
}

}  // namespace

void write_plot(const options& o, const std::vector<figure>& figures) {
  const auto groups = groups_of(figures);
  double longest = 0, height = top;
  for (const auto& g : groups) {
    height += group_gap + static_cast<double>(g.bars.size()) * (bar_height + bar_gap) + group_gap / 2;
    for (const auto& b : g.bars) longest = std::max({longest, b.length, b.floor.value_or(0)});
  }
  const double scale = longest > 0 ? width / longest : 1;

  std::ofstream out(o.plot_file);
  const double total = left + width + right;
  out << "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"" << total << "\" height=\"" << height + 20
      << "\" font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" "
         "fill=\"white\"/>\n";
  text(out, 16, 26, "font-size=\"17\" font-weight=\"bold\"", "coseal-bench " + o.scenario);
  std::istringstream machine(describe_machine(o));
  std::string cpu;
  std::getline(machine, cpu);
  text(out, 16, 46, "fill=\"#444\"",
       cpu.substr(std::min<std::size_t>(11, cpu.size())) +
           (o.scenario == "idle" ? ". Bytes for each connection."
                                 : ". Bars: share of the baseline; mark: the floor."));
  double y = top;
  for (const auto& g : groups) {
    y += group_gap;
    text(out, 16, y - 6, "font-weight=\"bold\"", g.title);
    for (const auto& b : g.bars) {
      draw_bar(out, b, y, scale);
      y += bar_height + bar_gap;
    }
    y += group_gap / 2;
  }
  out << "</svg>\n";
  out.flush();
  if (!out) throw std::runtime_error("can not write " + o.plot_file);
}

}  // namespace coseal::bench
