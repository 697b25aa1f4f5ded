// Møller's scaled conjugate gradient: the twin of shoal/solvers/scaled_conjugate_gradient.py, whose
// docstring numbers the steps. Every number of a member is a lane, every decision a mask.
#pragma once

#include "full_batch.hpp"

namespace shoal::SHOAL_ISA {

template <class T> class ScaledConjugateGradient final : public FullBatchSolver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;

    // D, the parameters of a member: the padding of θ hides it in `space`.
    ScaledConjugateGradient(double sigma, double initial_lambda, std::size_t D, Space<T> space)
        : FullBatchSolver<T>(space), D_(static_cast<Int<T>>(D)),
          // Differences of gradients keep digits where the points are this far apart.
          sigma_(static_cast<T>(std::max(sigma, std::cbrt(double(std::numeric_limits<T>::epsilon()))))),
          initial_lambda_(splat(static_cast<T>(initial_lambda))), lambda_(initial_lambda_),
          p_(this->size_, T(0)) {}

  private:
    M advance(M members, M moved, Objective<T>& objective) override {
        begin(members);
        success_ |= moved & members;
        probe(members, objective);

        const Length length = damp(members);
        const M still = members & ~moves(space_, length.alpha, p(), here_.theta.data());
        this->look(length.alpha, p(), objective);
        const V comparison = compare(length);
        conjugate(members, length.mu, comparison);

        const M converged = restart(still);
        this->keep(here_, trial_, success_ & members);
        return converged;
    }

    // Step 1: p = r = −g where p is no direction to follow: at the start, and after `restart`.
    void begin(M members) {
        const M level = members & ~(abs(dot(space_, p(), gradient())) > V{});
        if (!any(level)) return;
        for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p() + d, -load(gradient() + d), level);
        success_ |= level;
    }

    // Step 2, after a success: δ = p·(g(θ + σₖ p) − g(θ)) / σₖ with σₖ = σ/|p|;  λ̄ ← 0
    void probe(M members, Objective<T>& objective) {
        const M fresh = success_ & members;
        if (!any(fresh)) return;
        const V sigma_k = sigma_ / square_root(dot(space_, p(), p()));
        this->look(sigma_k, p(), objective);
        V sums{};
        for (std::size_t d = 0; d < size_; d += kLanes<T>)
            sums += load(p() + d) * ((load(trial_.gradient.data() + d) - load(gradient() + d)) / sigma_k);
        const V curvature = space_.fold(sums);
        delta_ = select<V>(fresh, select<V>(finite(curvature), curvature, V{}), delta_);
        lambda_bar_ = select<V>(fresh, V{}, lambda_bar_);
    }

    struct Length {
        V mu, alpha;
    };

    // Steps 3 to 5: δ ← δ + (λ − λ̄)|p|², made positive where it is not;  μ = p·r,  α = μ/δ
    Length damp(M members) {
        const V p_squared = dot(space_, p(), p());
        const V delta = delta_ + (lambda_ - lambda_bar_) * p_squared;
        const M indefinite = delta <= V{};
        const V raised = T(2) * (lambda_ - delta / p_squared);
        delta_ = select<V>(members, select<V>(indefinite, lambda_ * p_squared - delta, delta), delta_);
        lambda_ = select<V>(members & indefinite, raised, lambda_);
        const V mu = -dot(space_, p(), gradient());
        return {mu, mu / delta_};
    }

    // Step 6: Δ, the decrease of J over the one predicted, ½ α μ = ½ μ²/δ
    V compare(const Length& length) const {
        // Of a trial whose J or gradient is not finite: the next one, in step 8, is a tenth as long.
        const V overflown = splat(T(-8));
        const V slope = dot(space_, p(), trial_.gradient.data());
        const V fall = -rise<V>(here_.J, -length.mu, trial_.J, slope, length.alpha);
        const V comparison = fall / (T(0.5) * length.alpha * length.mu);
        const V size = largest(space_, trial_.gradient.data());
        const M sound = finite(trial_.J) & finite(size) & finite(comparison);
        return select<V>(sound, comparison, overflown);
    }

    // Steps 7 and 8: the next λ, and p ← r' + β p with β = (|r'|² − r'·r)/μ where the trial succeeds.
    void conjugate(M members, V mu, V comparison) {
        constexpr T smallest_lambda = T(1e-15);  // a step along no curvature stays finite
        const M success = comparison >= V{};
        const V damping = lambda_, increase = delta_ * (T(1) - comparison) / dot(space_, p(), p());
        V next = select<V>(comparison < splat(T(0.25)), damping + increase, damping);
        next = select<V>(comparison >= splat(T(0.75)), max<V>(damping / 4, splat(smallest_lambda)), next);
        lambda_ = select<V>(members, next, lambda_);
        lambda_bar_ = select<V>(members, select<V>(success, V{}, damping), lambda_bar_);

        const T* g_next = trial_.gradient.data();
        const M every_D = iteration_ % D_ == M{};
        const V turn = dot(space_, g_next, g_next) - dot(space_, g_next, gradient());
        const V beta = select<V>(every_D, V{}, turn / mu);
        for (std::size_t d = 0; d < size_; d += kLanes<T>)
            put<T>(p() + d, beta * load(p() + d) - load(g_next + d), success & members);
        success_ = (success & members) | (success_ & ~members);
        iteration_ -= members;  // a lane of a mask that is set is −1
    }

    // Members whose steps vanish begin again along r; those that did so already have converged.
    M restart(M still) {
        if (!any(still)) return still;
        M turned{};
        for (std::size_t d = 0; d < size_; d += kLanes<T>) turned |= load(p() + d) != -load(gradient() + d);
        if (!space_.lane_is_member) turned = any(turned) ? ~M{} : M{};
        const M again = still & turned;
        // 0 leads nowhere, so the next iteration replaces it by r.
        for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p() + d, V{}, again);
        lambda_ = select<V>(again, initial_lambda_, lambda_);
        return still & ~turned;
    }

    T* p() { return p_.data(); }
    const T* p() const { return p_.data(); }
    const T* gradient() const { return here_.gradient.data(); }

    using FullBatchSolver<T>::space_;
    using FullBatchSolver<T>::size_;
    using FullBatchSolver<T>::here_;
    using FullBatchSolver<T>::trial_;

    const Int<T> D_;
    const T sigma_;
    const V initial_lambda_;
    V delta_{}, lambda_, lambda_bar_{};
    M success_ = ~M{}, iteration_ = M{} + 1;
    std::vector<T> p_;  // the direction
};

}  // namespace shoal::SHOAL_ISA
