// Gradient descent: the twin of shoal/solvers/gradient_descent.py.
#pragma once

#include "first_order.hpp"

namespace shoal::SHOAL_ISA {

// Δθ = −α g
template <class T> struct GradientDescent {
    void remember(Ledger<T>&) {}

    auto changes(Vec<T> rate) {
        return [=](Vec<T> g, std::size_t) { return -rate * g; };
    }
};

}  // namespace shoal::SHOAL_ISA
