// A training job as Python hands it over: shoal/problem.py's Problem and Method, as plain memory.
// Independent of instruction sets; every pointer is borrowed for the length of the call.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

namespace shoal {

enum class Reason : std::int64_t { epochs, converged, early_stopping, diverged, interrupted };

// Rows X (N, n), targets y (K, N), sample weights s: (1, N) shared by all members, or (P, N).
template <class T> struct Samples {
    const T *X, *y, *s;
    std::size_t n;  // samples
    bool weights_per_member;

    const T* weights(std::size_t member) const { return s + (weights_per_member ? member * n : 0); }
};

// A layer, ten numbers from Python: see network_from in engine.cpp.
struct Description {
    const double* layers;
    std::size_t n_layers, inputs, outputs, n_parameters;
    int loss;
    double loss_parameter;
    const unsigned char* weight_mask;  // (D,): 1 for weights, 0 for biases
};

struct Schedule {
    const double* factors;  // one for each update, or null where all are 1
};

// What is written while training, and how the outside asks for an end.
struct Course {
    double* loss;             // (P, epochs)
    double* validation_loss;  // (P, epochs), or null
    std::int64_t *epochs, *best_epoch, *stopped;  // (P,)
    std::atomic<bool> stop{false};
    std::atomic<std::size_t> epochs_done{0};  // summed over groups
    std::atomic<std::size_t> active{0};       // members still training
    std::function<void()> poll;               // called by the thread that called, now and then
};

template <class T> struct Job {
    Description network;
    std::size_t members;
    T* theta;                   // (P, D), trained in place
    const std::uint64_t* keys;  // (P, 2)
    Samples<T> train, validation;  // validation.n = 0: none
    const double *l2, *l1, *weight_decay, *learning_rate;  // (P,)
    int solver;
    const double* solver_parameters;
    bool full_batch_solver, decay_times_rate;
    Schedule schedule;
    std::size_t epochs, batch_size;  // batch_size 0: full batch
    double tolerance;
    std::size_t patience;  // 0: never stop early, keep the last parameters
    bool shared_order;
    std::uint64_t order_seed;
    double clip_norm;  // 0: none
    std::size_t threads;
    Course* course;
};

}  // namespace shoal
