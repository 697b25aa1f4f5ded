// RMSprop: the twin of shoal/solvers/rmsprop.py.
#pragma once

#include "first_order.hpp"

namespace shoal::SHOAL_ISA {

// v ← ρ v + (1 − ρ) g²;   Δθ = −α g / (√v + ε)
template <class T> struct RMSprop {
    double rho;
    T epsilon;
    std::vector<T> v;

    RMSprop(double decay, T small, std::size_t n_numbers) : rho(decay), epsilon(small), v(n_numbers, T(0)) {}

    void remember(Ledger<T>& ledger) { ledger.vector("v", v.data()); }

    auto changes(Vec<T> rate) {
        using V = Vec<T>;
        return [rate, keep = splat(static_cast<T>(rho)), add = splat(static_cast<T>(1 - rho)), epsilon = splat(epsilon),
                v = v.data()](V g, std::size_t d) {
            const V v_next = keep * load(v + d) + add * (g * g);
            store<T>(v + d, v_next);
            return -rate * g / (square_root<V>(v_next) + epsilon);
        };
    }
};

}  // namespace shoal::SHOAL_ISA
