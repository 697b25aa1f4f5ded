// A training job as Python hands it over: shoal/problem.py's Problem and Method, as plain memory.
// Independent of instruction sets; every pointer is borrowed for the length of the call.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <utility>

namespace shoal {

enum class Reason : std::int64_t { epochs, converged, early_stopping, diverged, interrupted };

// Rows X (N, n), targets y (K, N), sample weights s: (1, N) shared by all members, or (P, N).
template <class T> struct Samples {
    const T *X, *y, *s;
    std::size_t n;  // samples
    bool weights_per_member;

    const T* weights(std::size_t member) const { return s + (weights_per_member ? member * n : 0); }
};

// An architecture; `layers` holds kLayerNumbers numbers a layer, in the order of `Layer` and `Geometry` in
// network.hpp; the last is how many layers inside it follow.
constexpr std::size_t kLayerNumbers = 25;

struct Description {
    const double* layers;
    std::size_t n_layers, inputs, outputs, n_parameters;
    int loss;
    double loss_parameter;
    const bool* weight_mask;  // (D,): true for weights, false for biases
};

// How the outside watches a job, and ends it.
struct Watch {
    // Called often, from any of the threads; must not throw.
    std::function<void()> poll;

    std::atomic<bool> stop{false};
    std::exception_ptr failure;  // the first one
    std::mutex failing;

    void fail(std::exception_ptr reason) {
        const std::lock_guard<std::mutex> lock(failing);
        if (!failure) failure = std::move(reason);
        stop.store(true, std::memory_order_relaxed);
    }
};

// What is written while training.
struct Course : Watch {
    double* loss;             // (P, epochs)
    double* validation_loss;  // (P, epochs), or null
    std::int64_t *epochs, *best_epoch, *stopped;  // (P,)

    // Where given, all members go from epoch to epoch in step, or from E to E of them where the caller has the reins.
    // It is called after each by the thread that called, with the number of epochs done and of members still
    // training, and returns whether to end.
    std::function<bool(std::size_t, std::size_t)> report;

    // The epochs that one of `members` has run at most.
    std::size_t longest(std::size_t members) const {
        return static_cast<std::size_t>(*std::max_element(epochs, epochs + members));
    }
};

// What the caller's watch over losses remembers: shoal/stopping.py's Watch.
struct LossWatch {
    double tol, patience;
    double* best;         // (P,)
    std::int64_t* count;  // (P,)

    // Takes note of an epoch of a member; returns whether it is late.
    bool see(std::size_t member, double loss) const {
        count[member] = loss > best[member] - tol ? count[member] + 1 : 0;
        if (loss < best[member]) best[member] = loss;
        return static_cast<double>(count[member]) > patience;
    }
};

// What the caller decides himself from time to time, and what he sees: shoal/problem.py's Reins.
template <class T> struct Reins {
    const std::uint32_t* orders;  // (E, R, n): samples' rows; may change after E epochs
    const std::int64_t* which;    // (P,): each member's order
    std::size_t epochs, n_orders, n;
    double* penalty;  // (P,)
    T* memory;        // (S, P, D): what the solver remembers, before and after
    double* scalars;  // (Q, P)
    std::size_t first_step;
    const LossWatch* watch;  // null: none

    const std::uint32_t* order(std::size_t member, std::size_t epoch) const {
        return orders + (epoch % epochs * n_orders + which[member]) * n;
    }
};

// How images are deformed: shoal/augmentation.py's Augmentation, and the shape of an image.
struct Deformation {
    std::size_t channels, rows, columns;
    double translate, scale, rotate, elastic;  // pixels, largest factor, radians, α
    double fill;                               // NaN: the nearest pixel of the edge
    const double* taps;                        // of the Gaussian, 2 · reach + 1
    std::size_t reach;
    std::uint64_t seed;

    std::size_t pixels() const { return rows * columns; }
};

template <class T> struct Job {
    Description network;
    std::size_t members;
    T* theta;                   // (P, D), trained in place
    const std::uint64_t* keys;  // (P, 2)
    Samples<T> train, validation;  // validation.n = 0: none
    const double *l2, *l1, *weight_decay, *learning_rate;  // (P,)
    bool by_batch;  // penalties are divided by the weight of the minibatch
    const Reins<T>* reins;  // null: the engine leads; the rates above may change between epochs otherwise
    int solver;
    const double* solver_parameters;
    bool full_batch_solver, decay_times_rate;
    const double* factors;  // of the learning rate, one for each update; null: all are 1
    std::size_t epochs, batch_size;  // batch_size 0: full batch
    double tolerance;
    std::size_t patience;  // 0: never stop early, keep the last parameters
    const Deformation* deformation;  // of the training images, anew in every epoch; null: none
    bool shared_order;
    std::uint64_t order_seed;
    double clip_norm;  // 0: none
    std::size_t threads;
    Course* course;

    // Of an epoch.
    std::size_t samples() const { return reins ? reins->n : train.n; }
    // That are run before anything is reported.
    std::size_t epochs_together() const { return reins ? reins->epochs : 1; }
};

// What members θ (P, D) are to give for rows X (N, inputs): z (P, outputs, N).
template <class T> struct Evaluation {
    Description network;  // of which the loss and the weight mask are not looked at
    std::size_t members, n;
    const T *theta, *X;
    T* z;
    std::size_t threads;
    Watch* watch;
};

}  // namespace shoal
