#pragma once

#if defined(COSEAL_NO_SQLITE)
#error "coseal was built without SQLite, see the option sqlite"
#endif

#include <coseal/storage.hpp>

#include <chrono>
#include <filesystem>
#include <memory>

namespace coseal {

/// One SQLite database of the owner alone (0600, with -wal and -shm beside it while it is open), for the
/// processes of one machine: a change writes what changed, and is on the disk when its call returns (WAL,
/// synchronous=FULL). Made by the first call if it is missing. Calls are done one after the other, on a
/// thread of the store's own that its first call begins; each waits up to `patience` for other processes,
/// then is errc::storage_failed. Destroy it before fork(): in the child it, and any other that opens a file
/// which was open then, is errc::used_after_fork. Not for network file systems. errc::storage_corrupt for a
/// file that is damaged or somebody else's, which is left as it is; errc::storage_insecure as file_storage.
std::shared_ptr<storage> sqlite_storage(std::filesystem::path path,
                                        std::chrono::milliseconds patience = std::chrono::seconds(5));

}  // namespace coseal
