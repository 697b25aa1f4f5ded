#include "pool.hpp"

#include <pthread.h>
#include <sched.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
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

// Where one worker sleeps. A shared condition variable would do for all, but the GNU C library's, before 2.41, lets nobody
// wake its sleepers again while one of them is late to wake.
class Bed {
  public:
    template <class F> void sleep_until(F f) {
        std::unique_lock<std::mutex> lock(mutex_);
        wake_.wait(lock, f);
    }

    // Called after f has become true: whoever saw that it was not, with the lock, sleeps by now and hears of it.
    void wake() {
        { const std::lock_guard<std::mutex> lock(mutex_); }
        wake_.notify_one();
    }

  private:
    std::mutex mutex_;
    std::condition_variable wake_;
};

// One caller at a time. Its workers sleep until the process ends, so a pool is never destroyed.
//
// A call is one word: how many helpers may enter, 0 once it is closed, and how many are inside. A helper enters in one
// step with looking, while the call is open. So one that wakes late, by milliseconds on a busy machine, is not waited for,
// and touches nothing of a call that is over.
class Pool {
  public:
    // Starts workers until there are `wanted`, and returns how many there are: fewer where the system has no more.
    std::size_t grow(std::size_t wanted) {
        while (beds_.size() < wanted) {
            const std::size_t index = beds_.size();
            Bed& bed = beds_.emplace_back();
            try {
                std::thread([this, index, &bed] { serve(index, bed); }).detach();
            } catch (const std::system_error&) {  // those that it has do the work
                beds_.pop_back();
                break;
            }
        }
        return beds_.size();
    }

    void run(std::size_t helpers, std::size_t pieces, Work work, const std::function<void()>& idle) {
        // The last call is over: nobody is inside to read this, and nobody else writes the word.
        work_ = &work, pieces_ = pieces;
        next_.store(0, std::memory_order_relaxed);
        // Released to whoever enters: what others did to the word in between, in one step each, hands it on.
        call_.store(helpers << kInsideBits, std::memory_order_release);
        for (std::size_t i = 0; i < helpers; ++i) beds_[i].wake();
        take(0);
        close();
        // Only those inside are left. Each releases what it wrote as it leaves, and later steps hand that on, too.
        for (int spin = 0; call_.load(std::memory_order_acquire) != 0; ++spin) {
            if (spin < kSpins) {
                pause();
            } else {
                std::this_thread::sleep_for(std::chrono::microseconds(100));
                if (idle) idle();
            }
        }
    }

    static thread_local bool inside;  // a worker, or a caller at work: no pool within a pool
    static constexpr std::size_t kMostHelpers = (1 << 16) - 1;

  private:
    static constexpr int kInsideBits = 16;

    void take(std::size_t thread) {
        for (std::size_t piece; (piece = next_.fetch_add(1, std::memory_order_relaxed)) < pieces_;)
            (*work_)(thread, piece);
    }

    // No piece is left, whoever notices. The word tells of nothing but itself here, so any order will do.
    void close() { call_.fetch_and((std::size_t(1) << kInsideBits) - 1, std::memory_order_relaxed); }

    void serve(std::size_t index, Bed& bed) {
        inside = true;
        std::size_t call = 0;
        const auto open = [&] { return index < (call = call_.load(std::memory_order_relaxed)) >> kInsideBits; };
        for (;;) {
            for (int spin = 0; !open(); ++spin) {
                if (spin < kSpins) pause();
                else bed.sleep_until(open);
            }
            // Fails where somebody entered, left or closed since. Where another call has the same word, that one is entered.
            if (!call_.compare_exchange_strong(call, call + 1, std::memory_order_acquire, std::memory_order_relaxed))
                continue;
            take(index + 1);
            close();
            call_.fetch_sub(1, std::memory_order_release);  // from here on the call may be gone
        }
    }

    std::deque<Bed> beds_;  // of the workers; they stay where they are
    std::atomic<std::size_t> call_{0}, next_{0};
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
    const std::size_t used = std::min({threads, pieces, Pool::kMostHelpers + 1});
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
