// Damped Gauss-Newton steps: the twin of shoal/solvers/damping.py.
#pragma once

#include "definite.hpp"
#include "full_batch.hpp"

namespace shoal::SHOAL_ISA {

// How Levenberg's and Marquardt's method goes down from where members are.
template <class T> class Descent {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;
    using W = Wide<T>;
    using Where = Mask<W>;

    static constexpr int kTrials = 16;

    Point<T> there;  // where it has come to

    explicit Descent(Space<T> space)
        : there(space.n * kLanes<T>), space_(space), p_(there.theta.size(), T(0)),
          solved_(tiles_of(space.n) * kTile * kLanes<T>) {}

    // Solves (H + μ I) p = −g until J falls, and returns for which of `members` it does; they are `there` then, and have
    // the damping of the next step. The others stay `here`.
    M operator()(const Point<T>& here, Curvature<T>& of, W& damping, M members, Objective<T>& objective,
                 Point<T>& trial) {
        const W one = 1.0 - W{}, least = double(std::numeric_limits<T>::epsilon()) * of.hessian.largest_on_diagonal();
        damping = select<W>(widen_mask<T>(members), max(damping, least), damping);
        there.keep(here, ~M{});
        M searching = members, found{};
        W growth = 2.0 - W{};
        for (int i = 0; i < kTrials && any(searching); ++i) {
            solve(here, of, damping);
            const M sound = finite(largest(space_, p_.data()));
            searching &= moves<T>(space_, one, p_.data(), here.theta.data()) | ~sound;
            if (!any(searching)) break;
            trial.look(here, splat(T(1)), p_.data(), objective);
            const W slope = widen<T>(dot(space_, here.gradient.data(), p_.data()));
            const W end = widen<T>(dot(space_, trial.gradient.data(), p_.data()));
            const W fall = -rise<T>(widen<T>(here.J), slope, widen<T>(trial.J), end, one);
            const W predicted = 0.5 * (damping * widen<T>(dot(space_, p_.data(), p_.data())) - slope);
            const M is_finite = finite(trial.J) & finite(largest(space_, trial.gradient.data()));
            const M lower = searching & is_finite & narrow_mask<T>(fall > W{});
            there.keep(trial, lower);
            found |= lower, searching &= ~lower;
            const W surprise = 2.0 * fall / predicted - 1.0, share = 1.0 - surprise * surprise * surprise;
            damping = select<W>(widen_mask<T>(lower), damping * max<W>(share, 1.0 / 3 - W{}), damping);
            const Where again = widen_mask<T>(searching);
            damping = select<W>(again, damping * growth, damping);
            growth = select<W>(again, 2.0 * growth, growth);
        }
        return found;
    }

  private:
    void solve(const Point<T>& here, Curvature<T>& of, W damping) {
        constexpr std::size_t L = kLanes<T>;
        of.factor.take(of.hessian, 1.0 - W{}, damping);
        for (std::size_t d = 0; d < p_.size(); d += L)
            store_wide<T>(solved_.data() + d, -widen<T>(load(here.gradient.data() + d)));
        std::fill(solved_.data() + p_.size(), solved_.data() + solved_.size(), 0.0);
        of.factor.solve(solved_.data());
        for (std::size_t d = 0; d < p_.size(); d += L)
            store<T>(p_.data() + d, narrow<T>(load_wide<T>(solved_.data() + d)));
    }

    const Space<T> space_;
    std::vector<T> p_;  // the step
    Aligned<double> solved_;
};

// The damping of members that have none yet: `initial` times how much J bends at most along one parameter.
template <class T> Wide<T> begun(Wide<T> damping, double initial, const Triangle<T>& hessian) {
    return select<Wide<T>>(damping > Wide<T>{}, damping, initial * hessian.largest_on_diagonal());
}

}  // namespace shoal::SHOAL_ISA
