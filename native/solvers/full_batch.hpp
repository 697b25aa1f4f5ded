// What the solvers share that find their own step length: the twin of shoal/solvers/full_batch.py.
//
// They judge a step by the objective at its end. Those values are the first thing that the next step needs,
// so they are kept with the point that they belong to, and the group is evaluated afresh only when a member
// is no longer at its point (at the start).
//
// θ and its gradient are T's. What is one number a member is double in either case, as in Python: `Wide`.
#pragma once

#include <limits>
#include <vector>

#include "vectors.hpp"

namespace shoal::SHOAL_ISA {

// θ of a group, with J and ∂J/∂θ there.
template <class T> struct Point {
    std::vector<T> theta, gradient;
    Vec<T> J;

    // NaN equals no parameters: the first step evaluates all.
    explicit Point(std::size_t n_numbers)
        : theta(n_numbers, std::numeric_limits<T>::quiet_NaN()), gradient(theta), J(splat(theta[0])) {}

    void evaluate(Objective<T>& objective) { J = objective(theta.data(), gradient.data()); }

    // θ = here + α p, evaluated.
    void look(const Point& here, Vec<T> alpha, const T* p, Objective<T>& objective) {
        for (std::size_t d = 0; d < theta.size(); d += kLanes<T>)
            store<T>(theta.data() + d, load(here.theta.data() + d) + alpha * load(p + d));
        evaluate(objective);
    }

    // Takes the lanes of `members` from another point.
    void keep(const Point& from, MaskOf<T> members) {
        for (std::size_t d = 0; d < theta.size(); d += kLanes<T>) {
            put(theta.data() + d, load(from.theta.data() + d), members);
            put(gradient.data() + d, load(from.gradient.data() + d), members);
        }
        J = select<Vec<T>>(members, from.J, J);
    }
};

// Advances every member whose gradient is finite and not zero; the others stay put.
template <class T> class FullBatchSolver : public Solver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;
    using W = Wide<T>;

    explicit FullBatchSolver(Space<T> space) : space_(space), size_(space.n * kLanes<T>), here_(size_), trial_(size_) {}

    Step<T> step(const T* theta, T* proposed, Objective<T>& objective, V, M members) override {
        const M moved = members & differs(space_, theta, here_.theta.data());
        if (any(moved)) {
            std::copy(theta, theta + size_, trial_.theta.begin());
            trial_.evaluate(objective);
            here_.keep(trial_, moved);
        }
        const V J = here_.J, gradient_size = largest(space_, here_.gradient.data());
        M converged = gradient_size == V{};
        members &= finite(J) & finite(gradient_size) & ~converged;
        if (any(members)) converged |= members & advance(members, moved, objective);
        std::copy(here_.theta.begin(), here_.theta.end(), proposed);
        return {J, gradient_size, converged};
    }

    void remember(Ledger<T>& ledger) override {
        ledger.vector("theta", here_.theta.data()), ledger.vector("gradient", here_.gradient.data());
        ledger.nothing_behind(here_.theta), ledger.nothing_behind(here_.gradient);  // or members had moved
        ledger.number("J", here_.J);
    }

    void forget(M members) override {
        const V nowhere = splat(std::numeric_limits<T>::quiet_NaN());
        for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(here_.theta.data() + d, nowhere, members);
    }

  protected:
    // Takes `members` one iteration on, from here_ to a new here_, and returns those that can do no better.
    // `moved` marks members that are not where the last iteration left them.
    virtual M advance(M members, M moved, Objective<T>& objective) = 0;

    const Space<T> space_;
    const std::size_t size_;  // numbers in θ
    Point<T> here_, trial_;
};

// By how much J rises between two points of a line, `length` apart: J' − J, or ½ length (slope + slope')
// where both are lost in the rounding of J in T. Near a minimum the slopes still tell a fall from a rise.
template <class T>
SHOAL_INLINE Wide<T> rise(Wide<T> J, Wide<T> slope, Wide<T> J_next, Wide<T> slope_next, Wide<T> length) {
    constexpr double rounding = 8.0 * std::numeric_limits<T>::epsilon();
    const Wide<T> difference = J_next - J, trapezium = 0.5 * length * (slope + slope_next);
    const Wide<T> noise = rounding * abs(J);
    const Mask<Wide<T>> lost = (abs(difference) <= noise) & (abs(trapezium) <= noise);
    return select<Wide<T>>(lost, trapezium, difference);
}

// Where steps of `length` along p are more than the rounding of θ.
template <class T> MaskOf<T> moves(Space<T> space, Wide<T> length, const T* p, const T* theta) {
    const Vec<T> rounding = std::numeric_limits<T>::epsilon() * largest(space, theta);
    return narrow_mask<T>(abs(length) * widen<T>(largest(space, p)) > widen<T>(rounding));
}

}  // namespace shoal::SHOAL_ISA
