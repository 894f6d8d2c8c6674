#include <coseal/error.hpp>
#include <coseal/storage.hpp>
#if defined(COSEAL_HAVE_SQLITE)
#include <coseal/sqlite.hpp>
#endif
#if defined(COSEAL_HAVE_REDIS)
#include <coseal/redis.hpp>
#endif

#include <string>

namespace coseal {

result<std::shared_ptr<storage>> storage_from(std::string_view address) {
  const auto behind = [address](std::string_view scheme) { return address.substr(scheme.size()); };
  if (address == "memory:") return memory_storage();
#if defined(COSEAL_HAVE_SQLITE)
  if (address.starts_with("sqlite:") && !behind("sqlite:").empty()) return sqlite_storage(behind("sqlite:"));
#endif
#if defined(COSEAL_HAVE_REDIS)
  if (address.starts_with("redis://") || address.starts_with("redis+unix://")) try {
      return redis_storage(std::string(address));
    } catch (const error& wrong) {
      return wrong.code();
    }
#endif
  if (address.starts_with("file:")) address = behind("file:");
  // What looks like an address shall not become a file by a slip of the pen.
  const auto colon = address.substr(0, address.find('/')).find(':');
  if (address.empty() || colon != std::string_view::npos) return errc::invalid_address;
  return file_storage(address);
}

}  // namespace coseal
