// What a solver is to the training loop, as shoal/solvers/base.py says it in Python.
//
// θ of a group is n vectors. Either lane l of vector d is parameter d of the group's member l (n = D,
// "lane = network"), or the group is one member and its D parameters fill the vectors one after another
// (n = ⌈D / lanes⌉, padded with zeros, "lane = sample"). Scalars of a member, such as J or a learning rate,
// are one vector V either way: a value for each lane, or the same value in all of them. `fold` is all that
// differs, so each solver is written once and members that have ended are masked lanes.
#pragma once

#include <cstddef>
#include <vector>

#include "../memory.hpp"

namespace shoal::SHOAL_ISA {

template <class T> struct Space {
    std::size_t n;  // vectors in θ
    bool lane_is_member;

    // From partial sums in lanes to each member's sum.
    SHOAL_INLINE Vec<T> fold(Vec<T> partial) const { return lane_is_member ? partial : splat<T>(sum(partial)); }
    // Likewise each member's maximum, NaN counting as the largest of all, and whether any of its lanes is set.
    SHOAL_INLINE Vec<T> fold_max(Vec<T> partial) const {
        if (lane_is_member) return partial;
        T largest = partial[0];
        for (int i = 1; i < kLanes<T>; ++i)
            if (partial[i] > largest || !(partial[i] == partial[i])) largest = partial[i];
        return splat<T>(largest);
    }
    SHOAL_INLINE MaskOf<T> fold_any(MaskOf<T> partial) const {
        if (lane_is_member) return partial;
        return any(partial) ? ~MaskOf<T>{} : MaskOf<T>{};
    }
};

template <class T> struct Curvature;

// J and ∂J/∂θ of every member of the group at θ, clipping and penalties included.
template <class T> struct Objective {
    virtual Vec<T> operator()(const T* theta, T* gradient) = 0;
    // Of sums of squares, where a lane is a member: how J bends at θ.
    virtual Curvature<T>& curvature(const T* theta) = 0;
    // How many threads the group may use.
    virtual std::size_t threads() const { return 1; }
    virtual ~Objective() = default;
};

// What one step found at the θ that it was given: J, the largest |∂J/∂θ|, and who can do no better.
template <class T> struct Step {
    Vec<T> J;
    Vec<T> gradient_size;
    MaskOf<T> converged;
};

// What a solver tells of each epoch's step, for the history.
template <class T> struct Told {
    Wide<T> gamma, alpha, beta;
};

// A rule for minimising; its memory of the group is allocated when it is made, never during a step.
template <class T> struct Solver {
    // Writes the parameters proposed into `proposed`, from `theta`, with the members' learning rates. The
    // lanes outside `members` wait for the others: nobody reads what is proposed for them.
    virtual Step<T> step(const T* theta, T* proposed, Objective<T>& objective, Vec<T> rate, MaskOf<T> members) = 0;

    // Forgets `members`, in whose lanes others begin. Asked of solvers for the full batch alone: the rest
    // count their steps for all members of a group together.
    virtual void forget(MaskOf<T>) {}

    // What it tells of its last step; null where that is nothing.
    virtual const Told<T>* told() const { return nullptr; }

    // Names what it remembers, as shoal/solvers does in Python.
    virtual void remember(Ledger<T>& ledger) = 0;
    virtual ~Solver() = default;
};

}  // namespace shoal::SHOAL_ISA
