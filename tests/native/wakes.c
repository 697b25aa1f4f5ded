// Counts how often threads are woken: preloaded, this stands before the C++ library's std::condition_variable::notify_one.
#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static atomic_size_t count;

size_t wakes(void) { return count; }

void _ZNSt18condition_variable10notify_oneEv(pthread_cond_t *sleeper) {
    count++;
    pthread_cond_signal(sleeper);
}
