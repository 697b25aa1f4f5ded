// The Levenberg-Marquardt method: the twin of shoal/solvers/levenberg_marquardt.py.
#pragma once

#include "damping.hpp"

namespace shoal::SHOAL_ISA {

// θ ← θ + p with (H + μ I) p = −g, and a damping μ of each member's own. A lane is a member.
template <class T> class LevenbergMarquardt final : public FullBatchSolver<T> {
  public:
    using M = MaskOf<T>;
    using W = Wide<T>;

    LevenbergMarquardt(double initial_damping, Space<T> space)
        : FullBatchSolver<T>(space), initial_damping_(initial_damping), descend_(space) {}

    void forget(M members) override {
        FullBatchSolver<T>::forget(members);
        damping_ = select<W>(widen_mask<T>(members), W{}, damping_);
    }

    void remember(Ledger<T>& ledger) override {
        FullBatchSolver<T>::remember(ledger);
        ledger.number("damping", damping_);
    }

  private:
    M advance(M members, M, Objective<T>& objective) override {
        Curvature<T>& of = objective.curvature(here_.theta.data());
        W damping = begun<T>(damping_, initial_damping_, of.hessian);
        const M found = descend_(here_, of, damping, members, objective, trial_);
        damping_ = select<W>(widen_mask<T>(members), damping, damping_);
        here_.keep(descend_.there, members);
        return members & ~found;
    }

    using FullBatchSolver<T>::here_;
    using FullBatchSolver<T>::trial_;

    const double initial_damping_;
    Descent<T> descend_;
    W damping_{};  // 0: not begun
};

}  // namespace shoal::SHOAL_ISA
