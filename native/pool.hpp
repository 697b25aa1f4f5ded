// A pool of threads that shares out numbered pieces of work. Which thread takes which piece is left to
// chance, so a piece's result must not depend on it.
#pragma once

#include <algorithm>
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

// f(from, to) of slices of 0 … n − 1, one for each thread where they are worth it, put together by join. Where
// they are cut depends on the threads, so nothing that f and join give may depend on it.
template <class F, class Join> auto in_slices(std::size_t threads, std::size_t n, F f, Join join) {
    constexpr std::size_t kWorthWaking = 4096, kMost = 64;
    const std::size_t slices = std::min({threads, kMost, n / kWorthWaking});
    if (slices <= 1) return f(std::size_t(0), n);
    decltype(f(n, n)) parts[kMost];
    share_out(slices, slices, [&](std::size_t, std::size_t i) { parts[i] = f(n * i / slices, n * (i + 1) / slices); });
    for (std::size_t i = 1; i < slices; ++i) parts[0] = join(parts[0], parts[i]);
    return parts[0];
}

// The number of cores that this process may run on.
std::size_t cores();

}  // namespace shoal
