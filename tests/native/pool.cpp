// Calls of the pool of threads, small and many, for a sanitizer to look at. Ends with the number of the check that fails,
// and by an alarm where a helper is never woken.
#include "pool.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

using shoal::share_out;

namespace {

// No piece ends before all have begun: each is on a thread of its own, all of which must have heard of the call.
bool all_helpers_come(std::size_t threads) {
    std::atomic<std::size_t> begun{0}, of_number{0};
    share_out(threads, threads, [&](std::size_t thread, std::size_t) {
        of_number += std::size_t(1) << thread;
        for (++begun; begun < threads;) std::this_thread::yield();
    });
    return of_number == (std::size_t(1) << threads) - 1;
}

// Each piece is done once, whole when the call returns, and no two at once have the same number of a thread.
bool every_piece_is_done_once(std::size_t threads, std::size_t pieces) {
    std::vector<std::size_t> done(pieces);
    std::vector<std::size_t> of_thread(threads);  // plain numbers: two at once would be a race
    share_out(threads, pieces, [&](std::size_t thread, std::size_t piece) {
        ++done[piece], ++of_thread[thread];
        if (threads > 1 && pieces > 1)  // or else the inner call has threads of its own
            share_out(2, 2, [&](std::size_t inner, std::size_t) { done[piece] += inner; });
    });
    std::size_t all = 0;
    for (const std::size_t n : of_thread) all += n;
    for (const std::size_t n : done)
        if (n != 1) return false;
    return all == pieces;
}

int failure_of_a_caller() {
    for (std::size_t round = 0; round < 400; ++round) {
        if (!all_helpers_come(1 + round % 4)) return 1;
        for (std::size_t pieces = 0; pieces < 8; ++pieces)
            if (!every_piece_is_done_once(1 + round % 5, pieces)) return 2;
        // Helpers wait awake for the next call, fall asleep just now, or sleep.
        std::this_thread::sleep_for(std::chrono::microseconds(round % 8 * 20));
    }
    return 0;
}

}  // namespace

int main() {
    alarm(600);
    std::atomic<int> failure{0};
    std::vector<std::thread> callers;
    for (int i = 0; i < 3; ++i)
        callers.emplace_back([&] {
            if (const int number = failure_of_a_caller()) failure = number;
        });
    for (std::thread& caller : callers) caller.join();
    return failure;
}
