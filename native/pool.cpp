#include "pool.hpp"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

namespace shoal {
namespace {

// Worth waiting for awake: steps of one network follow each other within microseconds.
constexpr int kSpins = 2000;

void pause() {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#else
    std::this_thread::yield();
#endif
}

class Pool {
  public:
    explicit Pool(std::size_t workers) {
        for (std::size_t i = 0; i < workers; ++i) std::thread([this, i] { serve(i); }).detach();
    }

    void run(std::size_t helpers, std::size_t pieces, Work work, const std::function<void()>& idle) {
        const std::lock_guard<std::mutex> one_at_a_time(owner_);
        work_ = &work, pieces_ = pieces;
        next_.store(0, std::memory_order_relaxed);
        busy_.store(helpers, std::memory_order_relaxed);
        {
            const std::lock_guard<std::mutex> lock(mutex_);
            const std::size_t round = (call_.load(std::memory_order_relaxed) >> kHelperBits) + 1;
            call_.store(round << kHelperBits | helpers, std::memory_order_release);
        }
        wake_.notify_all();
        take(0);
        for (int spin = 0; busy_.load(std::memory_order_acquire) != 0; ++spin) {
            if (spin < kSpins) {
                pause();
            } else {
                std::this_thread::sleep_for(std::chrono::microseconds(100));
                if (idle) idle();
            }
        }
    }

  private:
    static constexpr int kHelperBits = 16;

    void take(std::size_t thread) {
        for (std::size_t piece; (piece = next_.fetch_add(1, std::memory_order_relaxed)) < pieces_;)
            (*work_)(thread, piece);
    }

    void serve(std::size_t index) {
        inside = true;
        for (std::size_t seen = 0;;) {
            std::size_t call = call_.load(std::memory_order_acquire);
            for (int spin = 0; spin < kSpins && call == seen; ++spin) {
                pause();
                call = call_.load(std::memory_order_acquire);
            }
            if (call == seen) {
                std::unique_lock<std::mutex> lock(mutex_);
                wake_.wait(lock, [&] { return (call = call_.load(std::memory_order_acquire)) != seen; });
            }
            seen = call;
            // A call and its number of helpers are one word: one who wakes late never joins the next by mistake.
            if (index >= (call & ((std::size_t(1) << kHelperBits) - 1))) continue;
            take(index + 1);
            busy_.fetch_sub(1, std::memory_order_release);
        }
    }

  public:
    static thread_local bool inside;  // a worker, or a caller at work: no pool within a pool

  private:
    std::mutex owner_, mutex_;
    std::condition_variable wake_;
    std::atomic<std::size_t> call_{0}, next_{0}, busy_{0};
    const Work* work_ = nullptr;
    std::size_t pieces_ = 0;
};

thread_local bool Pool::inside = false;

// Never destroyed: its threads sleep until the process ends, and a forked child leaves it behind.
Pool& pool(std::size_t workers) {
    static std::mutex mutex;
    static Pool* current = nullptr;
    static pid_t owner = 0;
    static std::size_t size = 0;
    const std::lock_guard<std::mutex> lock(mutex);
    if (current == nullptr || owner != getpid() || size < workers) {
        current = new Pool(workers);
        owner = getpid(), size = workers;
    }
    return *current;
}

}  // namespace

std::size_t cores() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::size_t>(CPU_COUNT(&set));
#endif
    return std::max(1u, std::thread::hardware_concurrency());
}

void share_out(std::size_t threads, std::size_t pieces, Work work, const std::function<void()>& idle) {
    const std::size_t used = std::min(threads, pieces);
    if (used <= 1 || Pool::inside) {
        for (std::size_t piece = 0; piece < pieces; ++piece) work(0, piece);
        return;
    }
    Pool::inside = true;
    pool(used - 1).run(used - 1, pieces, work, idle);
    Pool::inside = false;
}

}  // namespace shoal
