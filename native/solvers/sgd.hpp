// Stochastic gradient descent with momentum: the twin of shoal/solvers/sgd.py.
#pragma once

#include "first_order.hpp"

namespace shoal::SHOAL_ISA {

// v ← μ v − α g;   Δθ = v   or, with Nesterov's momentum,   Δθ = μ v − α g
template <class T> struct SGD {
    T momentum;
    bool nesterov;
    std::vector<T> velocity;

    SGD(T mu, bool looks_ahead, std::size_t n_numbers)
        : momentum(mu), nesterov(looks_ahead), velocity(n_numbers, T(0)) {}

    void remember(Ledger<T>& ledger) { ledger.vector("velocity", velocity.data()); }

    auto changes(Vec<T> rate) {
        using V = Vec<T>;
        return [rate, mu = splat(momentum), ahead = nesterov, velocity = velocity.data()](V g, std::size_t d) {
            const V descent = rate * g;
            const V v = mu * load(velocity + d) - descent;
            store<T>(velocity + d, v);
            return ahead ? mu * v - descent : v;
        };
    }
};

}  // namespace shoal::SHOAL_ISA
