// The solvers by their kinds.
#pragma once

#include <algorithm>
#include <limits>
#include <memory>

#include "adam.hpp"
#include "bayesian_regularization.hpp"
#include "bfgs.hpp"
#include "gradient_descent.hpp"
#include "lbfgs.hpp"
#include "levenberg_marquardt.hpp"
#include "rmsprop.hpp"
#include "scaled_conjugate_gradient.hpp"
#include "sgd.hpp"

namespace shoal::SHOAL_ISA {

template <class T, class Rule> std::unique_ptr<Solver<T>> first_order(Rule rule, Space<T> space) {
    return std::make_unique<FirstOrderSolver<T, Rule>>(std::move(rule), space);
}

// ε as T; one too small for T must not become 0, which would make NaN of the zeros that pad θ.
template <class T> T positive(double epsilon) {
    return std::max(static_cast<T>(epsilon), std::numeric_limits<T>::denorm_min());
}

// A solver for members of D parameters.
template <class T>
std::unique_ptr<Solver<T>> make_solver(const SolverSettings& given, std::size_t D, Space<T> space) {
    const std::size_t n_numbers = space.n * kLanes<T>;
    const T epsilon = positive<T>(given.epsilon);
    switch (given.kind) {
        case SolverKind::gradient_descent: return first_order<T>(GradientDescent<T>{}, space);
        case SolverKind::sgd:
            return first_order<T>(SGD<T>(static_cast<T>(given.momentum), given.nesterov, n_numbers), space);
        case SolverKind::adam:
        case SolverKind::adamw:
            return first_order<T>(Adam<T>(given.beta1, given.beta2, epsilon, given.epsilon_hat, n_numbers), space);
        case SolverKind::rmsprop: return first_order<T>(RMSprop<T>(given.rho, epsilon, n_numbers), space);
        case SolverKind::scg:
            return std::make_unique<ScaledConjugateGradient<T>>(given.sigma, given.initial_lambda, D, space);
        case SolverKind::lbfgs: return std::make_unique<LBFGS<T>>(given.memory, space);
        case SolverKind::bfgs: return std::make_unique<BFGS<T>>(D, space);
        case SolverKind::levenberg_marquardt:
            return std::make_unique<LevenbergMarquardt<T>>(given.initial_damping, space);
        case SolverKind::bayesian_regularization:
            return std::make_unique<BayesianRegularization<T>>(given.initial_damping, given.initial_l2, space);
    }
    return nullptr;
}

}  // namespace shoal::SHOAL_ISA
