// Solvers that look at one gradient a step: the twin of FirstOrderSolver in shoal/solvers/base.py.
#pragma once

#include <vector>

#include "../pool.hpp"
#include "vectors.hpp"

namespace shoal::SHOAL_ISA {

// θ' = θ + Δθ(g) with g = ∂J/∂θ, in one pass over θ.
//
// `Rule` is the solver proper. Its changes(rate) makes the function (g, d) → Δθ of the vector that begins at
// number d, which holds this step's constants by value: they stay in registers whatever the pass writes.
// remember(ledger) names what it remembers.
template <class T, class Rule> class FirstOrderSolver final : public Solver<T> {
  public:
    FirstOrderSolver(Rule rule, Space<T> space)
        : rule_(std::move(rule)), space_(space), gradient_(space.n * kLanes<T>) {}

    Step<T> step(const T* theta, T* proposed, Objective<T>& objective, Vec<T> rate, MaskOf<T>) override {
        using V = Vec<T>;
        const V J = objective(theta, gradient_.data());
        const T* const gradient = gradient_.data();
        const auto change = rule_.changes(rate);
        const auto slice = [=](std::size_t from, std::size_t to) {
            const auto own = change;  // no other thread's, so that its constants stay in registers
            V size{};
            for (std::size_t d = from * kLanes<T>; d < to * kLanes<T>; d += kLanes<T>) {
                const V g = load(gradient + d);
                size = larger(abs(g), size);
                store<T>(proposed + d, load(theta + d) + own(g, d));
            }
            return size;
        };
        const V size = in_slices(objective.threads(), space_.n, slice, [](V a, V b) { return larger(a, b); });
        return {J, space_.fold_max(size), MaskOf<T>{}};
    }

    void remember(Ledger<T>& ledger) override { rule_.remember(ledger); }

  private:
    Rule rule_;
    Space<T> space_;
    std::vector<T> gradient_;
};

}  // namespace shoal::SHOAL_ISA
