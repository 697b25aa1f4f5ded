// Adam, and AdamW, whose decay is the training loop's: the twin of shoal/solvers/adam.py.
#pragma once

#include "first_order.hpp"

namespace shoal::SHOAL_ISA {

// m ← β₁ m + (1 − β₁) g           v ← β₂ v + (1 − β₂) g²
// Δθ = −α m̂ / (√v̂ + ε)           m̂ = m / (1 − β₁ᵗ),  v̂ = v / (1 − β₂ᵗ)
//
// All members of a group begin together, so t is theirs in common, and the corrections are numbers of a step.
template <class T> struct Adam {
    double beta1, beta2;
    T epsilon;
    bool epsilon_hat;  // ε beside √v instead of √v̂
    // β₁ᵗ and β₂ᵗ stay double: 1 − 0.999 keeps only four digits in float.
    double beta1_power = 1, beta2_power = 1;
    std::vector<T> m, v;

    Adam(double first, double second, T small, bool hat, std::size_t n_numbers)
        : beta1(first), beta2(second), epsilon(small), epsilon_hat(hat), m(n_numbers, T(0)), v(n_numbers, T(0)) {}

    void remember(Ledger<T>& ledger) {
        ledger.vector("m", m.data()), ledger.vector("v", v.data());
        ledger.common("beta1_power", beta1_power), ledger.common("beta2_power", beta2_power);
    }

    auto changes(Vec<T> rate) {
        using V = Vec<T>;
        beta1_power *= beta1, beta2_power *= beta2;
        // The corrections multiply, m's within the rate: a vector costs one division and one root.
        const double root = epsilon_hat ? std::sqrt(1 - beta2_power) : 1;
        return [alpha = rate / splat(static_cast<T>((1 - beta1_power) / root)),
                v_correction = splat(epsilon_hat ? T(1) : static_cast<T>(1 / (1 - beta2_power))),
                keep_m = splat(static_cast<T>(beta1)), add_m = splat(static_cast<T>(1 - beta1)),
                keep_v = splat(static_cast<T>(beta2)), add_v = splat(static_cast<T>(1 - beta2)),
                epsilon = splat(epsilon), m = m.data(), v = v.data()](V g, std::size_t d) {
            const V m_next = keep_m * load(m + d) + add_m * g;
            const V v_next = keep_v * load(v + d) + add_v * (g * g);
            store<T>(m + d, m_next);
            store<T>(v + d, v_next);
            return -alpha * m_next / (square_root<V>(v_next * v_correction) + epsilon);
        };
    }
};

}  // namespace shoal::SHOAL_ISA
