// What a solver remembers of a group, to and from the caller's copy of it.
#pragma once

#include "job.hpp"
#include "solver.hpp"

namespace shoal::SHOAL_ISA {

enum class Direction { from_caller, to_caller };

// Copies the memory of members `first` … `first + count − 1` of P, which are the group's lanes or its only
// member. Its scalars are the same for all members of a group, who began together.
template <bool LaneIsMember, class T>
void copy_memory(Direction direction, Solver<T>& solver, const Job<T>& job, std::size_t first, std::size_t count) {
    const auto copy = [direction](auto& inside, auto& outside) {
        if (direction == Direction::from_caller) inside = outside;
        else outside = inside;
    };
    const std::size_t D = job.network.n_parameters, lanes = LaneIsMember ? kLanes<T> : 1;
    T* memory = job.reins->memory;
    for (T* inside : solver.memory()) {
        for (std::size_t lane = 0; lane < count; ++lane)
            for (std::size_t d = 0; d < D; ++d) copy(inside[d * lanes + lane], memory[(first + lane) * D + d]);
        memory += job.members * D;
    }
    double* scalars = job.reins->scalars;
    for (double* inside : solver.scalars()) {
        for (std::size_t lane = 0; lane < count; ++lane) copy(*inside, scalars[first + lane]);
        scalars += job.members;
    }
}

}  // namespace shoal::SHOAL_ISA
