// What the solvers share that find their own step length: the twin of shoal/solvers/full_batch.py.
//
// They judge a step by the objective at its end. Those values are the first thing that the next step needs,
// so they are kept with the point that they belong to, and the group is evaluated afresh only when a member
// is no longer at its point (at the start, or where weight decay has moved it).
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
};

// Advances every member whose gradient is finite and not zero; the others stay put.
template <class T> class FullBatchSolver : public Solver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;

    explicit FullBatchSolver(Space<T> space)
        : space_(space), size_(space.n * kLanes<T>), here_(size_), trial_(size_), given_(here_.theta) {}

    Step<T> step(const T* theta, T* proposed, Objective<T>& objective, V) override {
        const M left = differs(space_, theta, here_.theta.data());
        // Where θ has not followed the last proposal, the member has ended and waits for its companions:
        // evaluating it again at every step would cost them as much as one of their own evaluations.
        const M ended = left & ~differs(space_, theta, given_.data());
        const M moved = left & ~ended;
        if (any(moved)) visit(theta, moved, objective);
        std::copy(theta, theta + size_, given_.begin());
        const V J = here_.J, gradient_size = largest(space_, here_.gradient.data());
        M converged = gradient_size == V{};
        const M members = finite(J) & finite(gradient_size) & ~converged & ~ended;
        if (any(members)) converged |= members & advance(members, moved, objective);
        std::copy(here_.theta.begin(), here_.theta.end(), proposed);
        return {J, gradient_size, converged};
    }

  protected:
    // Takes `members` one iteration on, from here_ to a new here_, and returns those that can do no better.
    // `moved` marks members that are not where the last iteration left them.
    virtual M advance(M members, M moved, Objective<T>& objective) = 0;

    // trial_ = θ + α p, evaluated.
    void look(V alpha, const T* p, Objective<T>& objective) {
        for (std::size_t d = 0; d < size_; d += kLanes<T>)
            store<T>(trial_.theta.data() + d, load(here_.theta.data() + d) + alpha * load(p + d));
        trial_.evaluate(objective);
    }

    static void keep(Point<T>& to, const Point<T>& from, M members) {
        for (std::size_t d = 0; d < to.theta.size(); d += kLanes<T>) {
            put(to.theta.data() + d, load(from.theta.data() + d), members);
            put(to.gradient.data() + d, load(from.gradient.data() + d), members);
        }
        to.J = select<V>(members, from.J, to.J);
    }

    const Space<T> space_;
    const std::size_t size_;  // numbers in θ
    Point<T> here_, trial_;

  private:
    void visit(const T* theta, M moved, Objective<T>& objective) {
        std::copy(theta, theta + size_, trial_.theta.begin());
        trial_.evaluate(objective);
        keep(here_, trial_, moved);
    }

    std::vector<T> given_;  // θ of the last step
};

// By how much J rises between two points of a line, `length` apart: J' − J, or ½ length (slope + slope')
// where both are lost in the rounding of J. Near a minimum the slopes still tell a fall from a rise.
template <class V> SHOAL_INLINE V rise(V J, V slope, V J_next, V slope_next, V length) {
    constexpr auto rounding = 8 * std::numeric_limits<Element<V>>::epsilon();
    const V difference = J_next - J, trapezium = length * (slope + slope_next) / 2;
    const V noise = rounding * abs(J);
    const Mask<V> lost = (abs(difference) <= noise) & (abs(trapezium) <= noise);
    return select<V>(lost, trapezium, difference);
}

// Where steps of `length` along p are more than the rounding of θ.
template <class T> MaskOf<T> moves(Space<T> space, Vec<T> length, const T* p, const T* theta) {
    const Vec<T> rounding = std::numeric_limits<T>::epsilon() * largest(space, theta);
    return abs(length) * largest(space, p) > rounding;
}

}  // namespace shoal::SHOAL_ISA
