// A training job as Python hands it over, a Problem and a Recipe, as plain memory: wire.hpp names the fields.
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
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "network.hpp"

namespace shoal {

enum class Reason : std::int64_t { epochs, converged, early_stopping, diverged, interrupted };

// Rows X (N, n), targets y (K, N), sample weights s: (1, N) shared by all members, or (P, N); of sequences how many of
// their steps are valid, null where all are.
template <class T> struct Samples {
    View<const T, 2> X, y, s;
    View<const std::int64_t, 1> lengths;

    std::size_t n() const { return X.shape[0]; }
    bool weights_per_member() const { return s.shape[0] > 1; }
    const T* weights(std::size_t member) const { return s + (weights_per_member() ? member * n() : 0); }
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

// The watch over plateaus: shoal/training/stopping.py's Watch.
struct Watch {
    double tol{}, patience{};
    View<double, 1> best;         // (P,)
    View<std::int64_t, 1> count;  // (P,)

    // Takes note of an epoch of a member; returns whether it is late.
    bool see(std::size_t member, double loss) const {
        count[member] = loss > best[member] - tol ? count[member] + 1 : 0;
        if (loss < best[member]) best[member] = loss;
        return static_cast<double>(count[member]) > patience;
    }
};

// What is written while training: shoal/training/history.py's History.
struct Course {
    View<double, 2> loss, validation_loss;              // (P, epochs), the second or null
    View<std::int64_t, 1> epochs, best_epoch, stopped;  // (P,)
    View<double, 1> penalty;                            // (P,)
    View<double, 2> gamma, alpha, beta;                 // (P, epochs), null where the solver tells nothing of them
    std::optional<Watch> watch;
};

// Orders of minibatches that the caller draws himself: shoal/training/problem.py's Orders.
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

// How images are deformed: shoal/training/augmentation.py's Augmentation, and the shape of an image.
struct Deformation {
    std::size_t channels{}, rows{}, columns{};
    double translate{}, factor{}, angle{}, elastic{};  // pixels, the largest factor, radians, α
    bool mirror{};                                     // half of them, left and right
    double fill{};                                     // NaN: the nearest pixel of the edge
    View<const double, 1> taps;                        // of the Gaussian
    std::uint64_t seed{};

    std::size_t pixels() const { return rows * columns; }
    std::size_t reach() const { return taps.shape[0] / 2; }  // of the Gaussian, to either side
};

enum class SolverKind {
    gradient_descent,
    sgd,
    adam,
    adamw,
    rmsprop,
    scg,
    lbfgs,
    bfgs,
    levenberg_marquardt,
    bayesian_regularization
};

// The settings of all solvers; wire.hpp says which of them a kind has.
struct SolverSettings {
    SolverKind kind{};
    bool full_batch{}, decay_times_rate{};
    double momentum{};  // of sgd
    bool nesterov{};
    double beta1{}, beta2{}, epsilon{};  // of Adam, ε of RMSprop too
    bool epsilon_hat{};
    double rho{};                            // of RMSprop
    double sigma{}, initial_lambda{};        // of scaled conjugate gradients
    std::size_t memory{};                    // of L-BFGS
    double initial_damping{}, initial_l2{};  // of Levenberg's and Marquardt's method, and of the evidence
};

// Whether a step takes Hessians, made of the Jacobians of single samples.
inline bool makes_hessians(const SolverSettings& solver) { return solver.kind >= SolverKind::levenberg_marquardt; }

// What is minimised: shoal/training/problem.py's Problem. The strengths (P,) may change between stretches.
template <class T> struct Problem {
    Samples<T> train;
    std::optional<Samples<T>> validation;
    View<const double, 1> l2, l1, weight_decay, learning_rate;
    bool by_batch{};  // penalties are divided by the weight of the minibatch
};

// How it is minimised: shoal/training/recipe.py's Recipe, what members have of their own left out.
struct Plan {
    SolverSettings solver;
    View<const double, 1> factors;       // of the learning rate, one for each of so many updates; null: all are 1
    std::size_t epochs{}, batch_size{};  // batch_size 0: full batch
    double tolerance{};
    std::size_t patience{};                     // 0: never stop early, keep the last parameters
    std::optional<Deformation> augmentation;    // of the training images, anew in every epoch
    std::optional<std::uint64_t> shared_order;  // the seed of an order that all members share
    double clip_norm{};                         // 0: none
};

// Members that train in place. Strengths, and what is written, may be looked at between stretches.
template <class T> struct Job : Problem<T>, Plan {
    const Network* network = nullptr;
    View<T, 2> theta;                   // (P, D): where members begin, and where they have come to after a stretch
    View<const std::uint64_t, 2> keys;  // (P, 2)
    Course course;

    std::size_t members() const { return theta.shape[0]; }
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

// Rows X (N, inputs) where they lie, the numbers of a row `step` apart. One of both steps is 1, that one where there are
// lengths.
template <class T> struct Given {
    const T* data;
    std::size_t row_step, step;
};

// What members θ (P, D) are to give for rows X (N, inputs), of so many lengths (N,) or null: z (P, outputs, N).
template <class T> struct Evaluation {
    const Network* network;
    std::size_t members, n;
    const T* theta;
    Given<T> X;
    const std::int64_t* lengths;
    T* z;
    std::size_t threads;
    Control* control;
};

}  // namespace shoal
