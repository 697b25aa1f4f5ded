#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

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

// One caller at a time. Its workers sleep until the process ends, so a pool is never destroyed.
class Pool {
  public:
    // Starts workers until there are `wanted`, and returns how many there are: fewer where the system has no more.
    std::size_t grow(std::size_t wanted) {
        try {
            for (; workers_ < wanted; ++workers_) std::thread([this, i = workers_] { serve(i); }).detach();
        } catch (const std::system_error&) {  // those that it has do the work
        }
        return workers_;
    }

    void run(std::size_t helpers, std::size_t pieces, Work work, const std::function<void()>& idle) {
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

    static thread_local bool inside;  // a worker, or a caller at work: no pool within a pool
    static constexpr int kHelperBits = 16;

  private:
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

    std::size_t workers_ = 0;
    std::mutex mutex_;
    std::condition_variable wake_;
    std::atomic<std::size_t> call_{0}, next_{0}, busy_{0};
    const Work* work_ = nullptr;
    std::size_t pieces_ = 0;
};

thread_local bool Pool::inside = false;

// The pools that nobody uses at the moment. Every caller has one to itself, so that Python's threads never wait
// for each other's training, deaf to Ctrl-C.
class IdlePools {
  public:
    // A forked child has none of its parent's threads and leaves the pools behind; the lock is held over the fork.
    IdlePools() {
        pthread_atfork([] { all().mutex_.lock(); }, [] { all().mutex_.unlock(); },
                       [] {
                           all().pools_.clear();
                           all().mutex_.unlock();
                       });
    }

    static IdlePools& all() {
        static IdlePools& pools = *new IdlePools;  // never destroyed: a thread may train while the process ends
        return pools;
    }

    Pool* take() {
        const std::lock_guard<std::mutex> lock(mutex_);
        if (pools_.empty()) return new Pool;
        Pool* const pool = pools_.back();
        pools_.pop_back();
        return pool;
    }

    void give_back(Pool* pool) {
        const std::lock_guard<std::mutex> lock(mutex_);
        pools_.push_back(pool);
    }

  private:
    std::mutex mutex_;
    std::vector<Pool*> pools_;
};

// Made when the module is loaded: a child forked while another thread makes them would wait for that thread for ever.
[[maybe_unused]] const IdlePools& kMade = IdlePools::all();

}  // namespace

std::size_t cores() {
#if defined(__linux__)
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) == 0) return static_cast<std::size_t>(CPU_COUNT(&set));
#endif
    return std::max(1u, std::thread::hardware_concurrency());
}

void share_out(std::size_t threads, std::size_t pieces, Work work, const std::function<void()>& idle) {
    const std::size_t used = std::min({threads, pieces, std::size_t(1) << Pool::kHelperBits});
    if (used <= 1 || Pool::inside) {
        for (std::size_t piece = 0; piece < pieces; ++piece) work(0, piece);
        return;
    }
    Pool::inside = true;
    Pool* const pool = IdlePools::all().take();
    const std::size_t helpers = std::min(used - 1, pool->grow(used - 1));
    pool->run(helpers, pieces, work, idle);
    IdlePools::all().give_back(pool);
    Pool::inside = false;
}

}  // namespace shoal
