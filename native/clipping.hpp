// Gradients of a bounded norm: the twin of Clipped in shoal/training/objective.py.
#pragma once

#include <cmath>
#include <limits>

#include "solvers/solver.hpp"

namespace shoal::SHOAL_ISA {

// An objective as solvers see it: g ← g · min(1, bound/‖g‖), the norm taken of g/max|g| so that no square overflows.
template <class T> class Clipped final : public Objective<T> {
  public:
    using V = Vec<T>;

    // A bound of 0: none. The objective outlives this.
    Clipped(Objective<T>& objective, Space<T> space, T bound) : objective_(objective), space_(space), bound_(bound) {}

    std::size_t threads() const override { return objective_.threads(); }

    Curvature<T>& curvature(const T* theta) override { return objective_.curvature(theta); }

    V operator()(const T* theta, T* gradient) override {
        const V J = objective_(theta, gradient);
        if (bound_ > 0) clip(gradient);
        return J;
    }

  private:
    void clip(T* gradient) const {
        V largest{};
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>)
            largest = max(largest, abs(load(gradient + d)));
        largest = max(space_.fold_max(largest), splat(std::numeric_limits<T>::min()));
        V squares{};
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>) {
            const V g = load(gradient + d) / largest;
            squares += g * g;
        }
        V norm = space_.fold(squares);
        for (int i = 0; i < kLanes<T>; ++i) norm[i] = std::sqrt(norm[i]);
        const V scale = min(splat(T(1)), splat(bound_) / largest / max(norm, splat(T(1))));
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>)
            store(gradient + d, load(gradient + d) * scale);
    }

    Objective<T>& objective_;
    const Space<T> space_;
    const T bound_;
};

}  // namespace shoal::SHOAL_ISA
