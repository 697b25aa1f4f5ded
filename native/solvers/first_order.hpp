// Solvers that look at one gradient a step: the twin of FirstOrderSolver in shoal/solvers/base.py.
#pragma once

#include <cmath>
#include <vector>

#include "../solver.hpp"

namespace shoal::SHOAL_ISA {

// √x of each lane; the loop becomes one instruction.
template <class V> SHOAL_INLINE V square_root(V x) {
    Element<V> lanes[sizeof(V) / sizeof(Element<V>)];
    std::memcpy(lanes, &x, sizeof x);
    for (Element<V>& lane : lanes) lane = std::sqrt(lane);
    std::memcpy(&x, lanes, sizeof x);
    return x;
}

// The larger of two numbers that are not negative, NaN counting as the largest of all: the bits of such
// numbers are in order as integers, and those of NaN lie above those of infinity.
template <class V> SHOAL_INLINE V larger(V a, V b) {
    return select<V>((Mask<V>)a > (Mask<V>)b, a, b);
}

// θ' = θ + Δθ(g) with g = ∂J/∂θ, in one pass over θ.
//
// `Rule` is the solver proper. Its changes(rate) makes the function (g, d) → Δθ of the vector that begins at
// number d, which holds this step's constants by value: they stay in registers whatever the pass writes.
template <class T, class Rule> class FirstOrderSolver final : public Solver<T> {
  public:
    FirstOrderSolver(Rule rule, Space<T> space)
        : rule_(std::move(rule)), space_(space), gradient_(space.n * kLanes<T>) {}

    Step<T> step(const T* theta, T* proposed, Objective<T>& objective, Vec<T> rate) override {
        using V = Vec<T>;
        const V J = objective(theta, gradient_.data());
        const T* const gradient = gradient_.data();
        const auto change = rule_.changes(rate);
        V size{};
        for (std::size_t d = 0, end = space_.n * kLanes<T>; d < end; d += kLanes<T>) {
            const V g = load(gradient + d);
            size = larger(abs(g), size);
            store<T>(proposed + d, load(theta + d) + change(g, d));
        }
        return {J, space_.fold_max(size), MaskOf<T>{}};
    }

  private:
    Rule rule_;
    Space<T> space_;
    std::vector<T> gradient_;
};

}  // namespace shoal::SHOAL_ISA
