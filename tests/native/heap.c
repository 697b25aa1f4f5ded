// Counts what a process asks of the heap: preloaded, these stand before the GNU C library's own.
#include <stdatomic.h>
#include <stddef.h>

void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
void *__libc_memalign(size_t, size_t);

static atomic_size_t calls, bytes;

// A thread's first call is not counted: it makes room for what the thread has to itself, whenever the system lets it begin.
static _Thread_local _Bool begun;

static size_t counted(size_t size) {
    if (!begun) {
        begun = 1;
        return size;
    }
    calls++;
    bytes += size;
    return size;
}

size_t heap_calls(void) { return calls; }
size_t heap_bytes(void) { return bytes; }

void *malloc(size_t size) { return __libc_malloc(counted(size)); }
void *calloc(size_t n, size_t size) { return __libc_calloc(n, counted(n * size) / (n ? n : 1)); }
void *realloc(void *old, size_t size) { return __libc_realloc(old, counted(size)); }
void *aligned_alloc(size_t alignment, size_t size) { return __libc_memalign(alignment, counted(size)); }
