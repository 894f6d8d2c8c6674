#pragma once

#if defined(COSEAL_NO_SQLITE)
#error "coseal was built without SQLite, see the option sqlite"
#endif

#include <coseal/storage.hpp>

#include <filesystem>
#include <memory>

namespace coseal {

/// One SQLite database of the owner alone (0600, with -wal and -shm beside it while it is open), for the
/// processes of one machine: a change writes what changed, and is on the disk when its call returns (WAL,
/// synchronous=FULL). Made by the first call if it is missing. The calls wait for each other up to 5 s, on a
/// thread of the store's own that its first call begins; after fork() open another one
/// (errc::used_after_fork). Not for network file systems. errc::storage_corrupt for a file that is damaged or
/// somebody else's, which is left as it is; errc::storage_insecure as file_storage.
std::shared_ptr<storage> sqlite_storage(std::filesystem::path path);

}  // namespace coseal
