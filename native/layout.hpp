// Which of the two layouts a job has: a lane is a network, or a sample.
#pragma once

#include <algorithm>
#include <cstddef>

#include "job.hpp"
#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

// Samples of a batch that fill few vectors. Beyond, sums over lanes are few beside the products, and a lone network is
// faster where it has all lanes. In vectors of 64 bytes they still cost half as much as the products at 100 samples.
template <class T> constexpr std::size_t kFewSamples = kLanes<T> * sizeof(T) == 64 ? 8 * kLanes<T> : 32;

// Of networks over sequences, where sums over lanes are few beside the work of all steps: from a batch of 32 on a
// population gains or loses little, and a lone network is 5 to 15 times as fast (docs/engine.md).
constexpr std::size_t kFewSequences = 16;

// Of the second-level cache that processors with such vectors have at least, a half: the rest is for activations.
template <class T> constexpr std::size_t kRoomOfGroup = kLanes<T> * sizeof(T) == 64 ? 512 * 1024 : 256 * 1024;

// Numbers that a solver keeps for each of D parameters beside θ, what is proposed for it, and its gradient.
inline std::size_t remembered(const SolverSettings& solver, std::size_t D) {
    switch (solver.kind) {
        case SolverKind::gradient_descent: return 0;
        case SolverKind::sgd:
        case SolverKind::rmsprop: return 1;
        case SolverKind::adam:
        case SolverKind::adamw: return 2;
        case SolverKind::scg: return 3;
        case SolverKind::lbfgs: return 3 + 2 * solver.memory;
        case SolverKind::bfgs: return 6 + D;
        case SolverKind::levenberg_marquardt:
        case SolverKind::bayesian_regularization: break;  // whose matrices a thread makes anew
    }
    return 0;
}

// Where a batch fills few vectors of samples, or not a whole one, a lane is a network: nothing is padded and
// no sum crosses lanes. It multiplies the memory of θ and of the solver by the lanes, which must stay in a near
// cache. Else a lane is a sample. The answer is a function of the job's shapes alone, never of the number of
// members or threads, nor of the machine's own caches, for it decides the order in which sums are added up. Jacobians of
// single samples need lanes that are members, whatever the shapes.
template <class T> bool lane_is_member(const Job<T>& job) {
    if (makes_hessians(job.solver)) return true;
    const std::size_t samples = job.batch_size ? std::min(job.batch_size, job.train.n()) : job.train.n();
    const std::size_t D = job.network->n_parameters;
    const std::size_t of_parameter = (3 + remembered(job.solver, D)) * kLanes<T> * sizeof(T);
    const std::size_t few = job.network->sees_sequences() ? kFewSequences : kFewSamples<T>;
    return samples <= few && D * of_parameter <= kRoomOfGroup<T>;
}

}  // namespace shoal::SHOAL_ISA
