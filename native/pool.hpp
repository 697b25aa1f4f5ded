// A pool of threads that shares out numbered pieces of work. Which thread takes which piece is left to
// chance, so a piece's result must not depend on it.
#pragma once

#include <cstddef>
#include <functional>

namespace shoal {

// A reference to a function (thread, piece) that outlives the call it is given to; it allocates nothing.
class Work {
  public:
    template <class F>
    Work(const F& f)
        : f_(&f), call_([](const void* f, std::size_t thread, std::size_t piece) {
              (*static_cast<const F*>(f))(thread, piece);
          }) {}
    void operator()(std::size_t thread, std::size_t piece) const { call_(f_, thread, piece); }

  private:
    const void* f_;
    void (*call_)(const void*, std::size_t, std::size_t);
};

// Runs work(thread, piece) for piece = 0 … pieces − 1 on up to `threads` threads, the caller (thread 0) among
// them, and returns when all are done. Calls from within a piece run in that thread alone, as thread 0. `idle`
// is called now and then while the caller waits for the others. Neither may throw. Several callers at
// once have threads of their own each, and a forked child starts its own.
void share_out(std::size_t threads, std::size_t pieces, Work work, const std::function<void()>& idle = nullptr);

// The number of cores that this process may run on.
std::size_t cores();

}  // namespace shoal
