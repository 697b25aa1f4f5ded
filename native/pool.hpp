// A pool of threads that shares out numbered pieces of work. Which thread takes which piece is left to
// chance, so a piece's result must not depend on it.
#pragma once

#include <cstddef>
#include <functional>

namespace shoal {

// Runs work(piece) for piece = 0 … pieces − 1 on up to `threads` threads, the caller among them, and
// returns when all are done. Calls from within a piece run in that thread alone. `idle` is called now and
// then while the caller waits for the others. Neither may throw. Survives fork: the child starts threads
// of its own.
void share_out(std::size_t threads, std::size_t pieces, const std::function<void(std::size_t)>& work,
               const std::function<void()>& idle = nullptr);

// The number of cores that this process may run on.
std::size_t cores();

}  // namespace shoal
