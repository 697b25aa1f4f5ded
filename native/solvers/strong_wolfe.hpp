// A line search for the strong Wolfe conditions, each member on its own interval: the twin of
// shoal/solvers/strong_wolfe.py, whose docstring says what the ends of an interval are.
#pragma once

#include "full_batch.hpp"

namespace shoal::SHOAL_ISA {

template <class T> class StrongWolfe {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;
    using W = Wide<T>;
    using Where = Mask<W>;

    static constexpr double kDecrease = 1e-4;  // c₁ of the sufficient decrease condition
    static constexpr double kCurvature = 0.9;  // c₂ of the curvature condition
    static constexpr double kExpansion = 4;    // how many times further it looks while φ still falls
    static constexpr double kMargin = 0.1;     // share of the interval at either end without trials
    static constexpr int kMaxTrials = 20;

    Point<T> lowest;

    explicit StrongWolfe(Space<T> space) : lowest(space.n * kLanes<T>), space_(space) {}

    // Looks along p, a descent direction, from `here`, at α = first to begin with, and leaves the best points
    // of `members` in `lowest`. Returns which of them lie lower than `here`; the others are `here` itself.
    //
    // A member whose search has ended is evaluated at its last trial again while its companions search.
    M operator()(const Point<T>& here, const T* p, V first, M members, Objective<T>& objective, Point<T>& trial) {
        const W slope = widen<T>(dot(space_, here.gradient.data(), p));
        const Ends start{W{}, widen<T>(here.J), slope};
        lowest.keep(here, ~M{});
        lo_ = start, hi_ = {std::numeric_limits<double>::infinity() - W{}, slope, slope};
        M searching = members;
        W alpha = widen<T>(first);
        for (int i = 0; i < kMaxTrials; ++i) {
            // A trial that leaves θ as it is would pass for a fall of J: the slope at it has not changed.
            searching &= moves<T>(space_, alpha - lo_.alpha, p, here.theta.data());
            if (!any(searching)) break;
            trial.look(here, narrow<T>(alpha), p, objective);
            const Ends end{alpha, widen<T>(trial.J), widen<T>(dot(space_, trial.gradient.data(), p))};
            const Where tried = widen_mask<T>(searching), lower = tried & falls_enough(end, start);
            const Where found = lower & (abs(end.slope) <= -kCurvature * start.slope);
            tighten(end, tried, lower);
            lowest.keep(trial, narrow_mask<T>(lower));
            searching &= ~narrow_mask<T>(found);
            alpha = select<W>(widen_mask<T>(searching), next_trial(), alpha);
        }
        return members & narrow_mask<T>(lo_.alpha > W{});
    }

  private:
    // One end of every member's interval: α, φ(α) = J(θ + α p) and the slope φ'(α).
    struct Ends {
        W alpha, phi, slope;

        void put(const Ends& other, Where members) {
            alpha = select<W>(members, other.alpha, alpha);
            phi = select<W>(members, other.phi, phi);
            slope = select<W>(members, other.slope, slope);
        }
    };

    static W rise(const Ends& a, const Ends& b) {
        return SHOAL_ISA::rise<T>(a.phi, a.slope, b.phi, b.slope, b.alpha - a.alpha);
    }

    // Which trials become lo: φ(α) ≤ φ(0) + c₁ α φ'(0), and lower than lo; never a non-finite one.
    Where falls_enough(const Ends& end, const Ends& start) const {
        const Where enough = rise(start, end) <= kDecrease * end.alpha * start.slope;
        return enough & finite(end.phi) & finite(end.slope) & (rise(lo_, end) < W{});
    }

    // Puts each trial in place of lo or hi, so that φ still falls from lo towards hi.
    void tighten(const Ends& end, Where tried, Where lower) {
        const W ahead = hi_.alpha - lo_.alpha;
        const W uphill = select<W>(ahead > W{}, end.slope, select<W>(ahead < W{}, -end.slope, W{}));
        hi_.put(lo_, lower & (uphill >= W{}));
        hi_.put(end, tried & ~lower);
        lo_.put(end, lower);
    }

    // The next α: further out where hi = ∞, else the minimiser of the cubic through both ends (Nocedal &
    // Wright's equation 3.59), kept off the ends of the interval. A non-finite end gives no cubic: the trial
    // retreats to a tenth as long as nothing lower is known, then to the middle.
    W next_trial() const {
        const W width = hi_.alpha - lo_.alpha;
        const W d1 = lo_.slope + hi_.slope - 3 * rise(lo_, hi_) / width;
        const W d2 = copysign(square_root<W>(d1 * d1 - lo_.slope * hi_.slope), width);
        const W share = 1 - (hi_.slope + d2 - d1) / (hi_.slope - lo_.slope + 2 * d2);
        const W kept = min<W>(max<W>(share, kMargin - W{}), 1 - kMargin - W{});
        const W retreat = select<W>(lo_.alpha > W{}, 0.5 - W{}, kMargin - W{});
        const W within = lo_.alpha + select<W>(finite(share), kept, retreat) * width;
        const Where open_ended = hi_.alpha == std::numeric_limits<double>::infinity();
        return select<W>(open_ended, kExpansion * lo_.alpha, within);
    }

    const Space<T> space_;
    Ends lo_{}, hi_{};
};

}  // namespace shoal::SHOAL_ISA
