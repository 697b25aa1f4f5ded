// Python's lock, and what becomes of a thread that asks for it when there is no interpreter any more.
#pragma once

#include <nanobind/nanobind.h>
#include <pthread.h>

#include <cxxabi.h>

#include <atomic>
#include <chrono>
#include <exception>
#include <thread>

namespace shoal {

// How pthread_exit unwinds a stack in glibc: as an exception does that may be caught, but not forgotten.
#if defined(__GLIBCXX__)
using Unwinding = abi::__forced_unwind;
#else
struct Unwinding {};
#endif

// It is no object: caught by reference, as it must be, it is a reference to nothing, which the sanitizer would report.
#define SHOAL_CATCHES_UNWINDING __attribute__((no_sanitize("undefined")))

// The lock as one thread sees it, the one that makes this, and that holds the lock then.
//
// Python 3.11 to 3.13 ends a daemon thread that asks for the lock while the interpreter ends, or that runs Python
// then, with pthread_exit. That would unwind this module's frames, destructors that call Python without the lock
// among them, up to nanobind's, which no exception may leave: std::terminate. Such a thread waits here for the end
// of the process instead, as it does in Python from 3.14 on. Its stack stays, which other threads may work on.
class Lock {
  public:
    // Without the lock, as long as this lives.
    class Released {
      public:
        explicit Released(Lock& lock) : lock_(lock) { lock_.state_ = PyEval_SaveThread(); }
        ~Released() { lock_.take(); }
        Released(const Released&) = delete;
        Released& operator=(const Released&) = delete;

      private:
        Lock& lock_;
    };

    // Calls f with the lock, where it is released. f owns nothing whose destructor calls Python: what f calls may never
    // return.
    template <class F> SHOAL_CATCHES_UNWINDING void held(F f) {
        take();
        std::exception_ptr failure;
        try {
            f();
        } catch (const Unwinding&) {
            wait_for_the_end();
        } catch (...) {
            failure = std::current_exception();
        }
        state_ = PyEval_SaveThread();
        if (failure) std::rethrow_exception(failure);
    }

  private:
    SHOAL_CATCHES_UNWINDING void take() {
        // The thread's own state: PyGILState_Ensure would look for it in what an interpreter that has ended leaves.
        try {
            PyEval_RestoreThread(state_);
        } catch (const Unwinding&) {
            wait_for_the_end();
        }
    }

    [[noreturn]] static void wait_for_the_end() {
        for (;;) std::this_thread::sleep_for(std::chrono::hours(1));
    }

    PyThreadState* state_ = nullptr;
};

// Calls a Python function, and drops what it gives.
inline void call(const nanobind::callable& f) {
    PyObject* const given = PyObject_CallNoArgs(f.ptr());
    if (given == nullptr) throw nanobind::python_error();
    Py_DECREF(given);
}

// The thread in which Python handles signals; in a forked child the one that forked. Python is asked once: it would
// answer in its own time, and a daemon thread may not get to hear it.
class MainThread {
  public:
    static bool is_this() { return PyThread_get_thread_ident() == ident(); }

    // To be called when the module is imported.
    static void find() {
        const nanobind::object main = nanobind::module_::import_("threading").attr("main_thread")();
        ident() = nanobind::cast<unsigned long>(main.attr("ident"));
        pthread_atfork(nullptr, nullptr, [] { ident() = PyThread_get_thread_ident(); });
    }

  private:
    static std::atomic<unsigned long>& ident() {
        static std::atomic<unsigned long> main{0};
        return main;
    }
};

}  // namespace shoal
