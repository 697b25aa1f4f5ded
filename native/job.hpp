// A training job as Python hands it over: shoal/problem.py's Problem and a Recipe, as plain memory.
// Independent of instruction sets; every pointer is borrowed for the length of the call.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

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

// How the outside ends a job.
struct Control {
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

// The watch over plateaus: shoal/stopping.py's Watch.
struct Watch {
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

// What is written while training.
struct Course {
    double* loss;                                 // (P, epochs)
    double* validation_loss;                      // (P, epochs), or null
    std::int64_t *epochs, *best_epoch, *stopped;  // (P,)
    double* penalty;                              // (P,)
    const Watch* watch;                           // null: none
};

// Orders of minibatches that the caller draws himself: shoal/problem.py's Orders.
struct Orders {
    const std::uint32_t* rows = nullptr;  // (E, R, n): samples' rows; null: the engine draws
    const std::int64_t* which = nullptr;  // (P,): each member's order
    std::size_t n_orders = 0, n = 0;

    const std::uint32_t* of(std::size_t member, std::size_t epoch) const {
        return rows + (epoch * n_orders + which[member]) * n;
    }
};

// Some epochs that are trained in one go: `first` of the plan is the first of them.
struct Stretch : Control {
    std::size_t first = 0, epochs = 0;
    std::size_t step = 0;  // updates before
    Orders orders;         // of as many epochs
    std::size_t threads = 1;
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
    T* theta;                      // (P, D): where members begin, and where they have come to after a stretch
    const std::uint64_t* keys;     // (P, 2)
    Samples<T> train, validation;  // validation.n = 0: none
    const double *l2, *l1, *weight_decay, *learning_rate;  // (P,); may change between stretches
    bool by_batch;                                         // penalties are divided by the weight of the minibatch
    int solver;
    const double* solver_parameters;
    bool full_batch_solver, decay_times_rate;
    const double* factors;  // of the learning rate, one for each of so many updates; null: all are 1
    std::size_t n_factors;
    std::size_t epochs, batch_size;  // of the plan; batch_size 0: full batch
    double tolerance;
    std::size_t patience;            // 0: never stop early, keep the last parameters
    const Deformation* deformation;  // of the training images, anew in every epoch; null: none
    bool shared_order;
    std::uint64_t order_seed;
    double clip_norm;  // 0: none
    Course course;
};

// What members remember, by name: vectors that lie as θ does, (P, k, D), and numbers, (P, k).
template <class T> struct Memory {
    std::map<std::string, std::vector<T>> vectors;
    std::map<std::string, std::vector<double>> numbers;
};

enum class Direction { to_memory, from_memory };

// Members that have begun to train, between two stretches.
template <class T> struct Trainer {
    virtual ~Trainer() = default;

    virtual void advance(Stretch& stretch) = 0;
    // Trains to the end of the plan; nothing is asked afterwards. Lanes may go from member to member.
    virtual void finish(Stretch& stretch) = 0;
    // Members go on from where they are in job.theta after so many epochs, or what they remember is copied.
    virtual void exchange(Direction direction, Memory<T>& memory, std::size_t epoch) = 0;
};

// What members θ (P, D) are to give for rows X (N, inputs): z (P, outputs, N).
template <class T> struct Evaluation {
    Description network;  // of which the loss and the weight mask are not looked at
    std::size_t members, n;
    const T *theta, *X;
    T* z;
    std::size_t threads;
    Control* control;
};

}  // namespace shoal
