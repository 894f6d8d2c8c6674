#include "contest.hpp"
#include "http.hpp"
#include "report.hpp"
#include "scenarios.hpp"

namespace coseal::bench {

void run_http(const options& o, report& out) {
  for (const auto level : o.levels) {
    if (level == security_level::none) continue;  // that is the baseline
    for (const auto size : o.sizes) {
      http_load load;
      load.connections = o.connections;
      load.message_size = size;
      load.level = level;
      load.warm_up = o.warm_up();
      load.length = o.run_length();
      load.pin = o.pin;
      const std::vector<contestant> contestants{{"plain HTTP", [&] { return http_plain(load); }},
                                                {"coseal", [&] { return http_exchange(load); }}};
      const auto all = run_contest("http " + std::string(to_string(level)), contestants, o.runs);
      figure f;
      f.scenario = "http";
      f.level = level;
      f.carrier = carrier_kind::tcp;
      f.size = size;
      f.aead = o.aead;
      f.take(all.back());
      f.compare_to_baseline(all.back(), all.front());
      out.add(std::move(f));
    }
  }
}

}  // namespace coseal::bench
