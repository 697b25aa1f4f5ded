// The solvers by their names, in the order of the registry in shoal/solvers/__init__.py.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>

#include "solvers/adam.hpp"
#include "solvers/gradient_descent.hpp"
#include "solvers/lbfgs.hpp"
#include "solvers/rmsprop.hpp"
#include "solvers/scaled_conjugate_gradient.hpp"
#include "solvers/sgd.hpp"

namespace shoal::SHOAL_ISA {

enum class SolverKind : int { gradient_descent, sgd, adam, adamw, rmsprop, scg, lbfgs };

template <class T, class Rule> std::unique_ptr<Solver<T>> first_order(Rule rule, Space<T> space) {
    return std::make_unique<FirstOrderSolver<T, Rule>>(std::move(rule), space);
}

// ε as T; one too small for T must not become 0, which would make NaN of the zeros that pad θ.
template <class T> T positive(double epsilon) {
    return std::max(static_cast<T>(epsilon), std::numeric_limits<T>::denorm_min());
}

// A solver for members of D parameters, or null for a number that is no solver's.
//
// `parameters` are the fields of the Python class in their order, nesterov as 0 or 1.
template <class T>
std::unique_ptr<Solver<T>> make_solver(SolverKind kind, const double* parameters, std::size_t D, Space<T> space) {
    const std::size_t n_numbers = space.n * kLanes<T>;
    const double* const p = parameters;
    switch (kind) {
        case SolverKind::gradient_descent: return first_order<T>(GradientDescent<T>{}, space);
        case SolverKind::sgd: return first_order<T>(SGD<T>(static_cast<T>(p[0]), p[1] != 0, n_numbers), space);
        case SolverKind::adam:
        case SolverKind::adamw:
            return first_order<T>(Adam<T>(p[0], p[1], positive<T>(p[2]), p[3] != 0, n_numbers), space);
        case SolverKind::rmsprop: return first_order<T>(RMSprop<T>(p[0], positive<T>(p[1]), n_numbers), space);
        case SolverKind::scg: return std::make_unique<ScaledConjugateGradient<T>>(p[0], p[1], D, space);
        case SolverKind::lbfgs: return std::make_unique<LBFGS<T>>(static_cast<std::size_t>(p[0]), space);
    }
    return nullptr;
}

}  // namespace shoal::SHOAL_ISA
