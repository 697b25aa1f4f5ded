// Møller's scaled conjugate gradient: the twin of shoal/solvers/scaled_conjugate_gradient.py, whose
// docstring numbers the steps. Every number of a member is a lane, every decision a mask.
#pragma once

#include "full_batch.hpp"

namespace shoal::SHOAL_ISA {

template <class T> class ScaledConjugateGradient final : public FullBatchSolver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;
    using W = Wide<T>;

    // D, the parameters of a member: the padding of θ hides it in `space`.
    ScaledConjugateGradient(double sigma, double initial_lambda, std::size_t D, Space<T> space)
        : FullBatchSolver<T>(space), D_(static_cast<Int<T>>(D)),
          // Differences of gradients keep digits where the points are this far apart.
          sigma_(static_cast<T>(std::max(sigma, std::cbrt(double(std::numeric_limits<T>::epsilon()))))),
          initial_lambda_(initial_lambda - W{}), lambda_(initial_lambda_), p_(this->size_, T(0)) {}

    void forget(M members) override {
        FullBatchSolver<T>::forget(members);
        const Mask<W> whole = widen_mask<T>(members);
        for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p() + d, V{}, members);
        delta_ = select<W>(whole, W{}, delta_), lambda_bar_ = select<W>(whole, W{}, lambda_bar_);
        lambda_ = select<W>(whole, initial_lambda_, lambda_);
        success_ |= members;
        iteration_ = members ? M{} + 1 : iteration_;
    }

    void remember(Ledger<T>& ledger) override {
        FullBatchSolver<T>::remember(ledger);
        ledger.vector("direction", p()), ledger.number("curvature", delta_), ledger.number("lambda", lambda_);
        ledger.number("lambda_bar", lambda_bar_), ledger.number("iteration", iteration_);
        M succeeded = success_ & 1;
        ledger.number("success", succeeded);
        success_ = -succeeded;  // a lane of a mask that is set is −1
    }

  private:
    M advance(M members, M moved, Objective<T>& objective) override {
        begin(members);
        success_ |= moved & members;
        probe(members, objective);

        const Length length = damp(members);
        const M still = members & ~moves<T>(space_, length.alpha, p(), here_.theta.data());
        trial_.look(here_, narrow<T>(length.alpha), p(), objective);
        conjugate(members, length.mu, compare(length));

        const M converged = restart(still);
        here_.keep(trial_, success_ & members);
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
        trial_.look(here_, sigma_k, p(), objective);
        V sums{};
        for (std::size_t d = 0; d < size_; d += kLanes<T>)
            sums += load(p() + d) * ((load(trial_.gradient.data() + d) - load(gradient() + d)) / sigma_k);
        const V curvature = space_.fold(sums);
        const Mask<W> whole = widen_mask<T>(fresh);
        delta_ = select<W>(whole, widen<T>(select<V>(finite(curvature), curvature, V{})), delta_);
        lambda_bar_ = select<W>(whole, W{}, lambda_bar_);
    }

    struct Length {
        V mu;
        W alpha;
    };

    // Steps 3 to 5: δ ← δ + (λ − λ̄)|p|², made positive where it is not;  μ = p·r,  α = μ/δ
    Length damp(M members) {
        const W p_squared = widen<T>(dot(space_, p(), p()));
        const W delta = delta_ + (lambda_ - lambda_bar_) * p_squared;
        const Mask<W> whole = widen_mask<T>(members), indefinite = delta <= W{};
        const W raised = 2 * (lambda_ - delta / p_squared);
        delta_ = select<W>(whole, select<W>(indefinite, lambda_ * p_squared - delta, delta), delta_);
        lambda_ = select<W>(whole & indefinite, raised, lambda_);
        const V mu = -dot(space_, p(), gradient());
        return {mu, widen<T>(mu) / delta_};
    }

    // Step 6: Δ, the decrease of J over the one predicted, ½ α μ = ½ μ²/δ
    W compare(const Length& length) const {
        // Of a trial whose J or gradient is not finite: the next one, in step 8, is a tenth as long.
        const W overflown = -8.0 - W{};
        const W mu = widen<T>(length.mu), slope = widen<T>(dot(space_, p(), trial_.gradient.data()));
        const W fall = -rise<T>(widen<T>(here_.J), -mu, widen<T>(trial_.J), slope, length.alpha);
        const W comparison = fall / (0.5 * length.alpha * mu);
        const V size = largest(space_, trial_.gradient.data());
        const M sound = finite(trial_.J) & finite(size);
        return select<W>(widen_mask<T>(sound) & finite(comparison), comparison, overflown);
    }

    // Steps 7 and 8: the next λ, and p ← r' + β p with β = (|r'|² − r'·r)/μ where the trial succeeds.
    void conjugate(M members, V mu, W comparison) {
        constexpr double smallest_lambda = 1e-15;  // a step along no curvature stays finite
        const Mask<W> whole = widen_mask<T>(members), succeeded = comparison >= W{};
        const W damping = lambda_, increase = delta_ * (1 - comparison) / widen<T>(dot(space_, p(), p()));
        W next = select<W>(comparison < 0.25, damping + increase, damping);
        next = select<W>(comparison >= 0.75, max<W>(damping / 4, smallest_lambda - W{}), next);
        lambda_ = select<W>(whole, next, lambda_);
        lambda_bar_ = select<W>(whole, select<W>(succeeded, W{}, damping), lambda_bar_);

        const M success = narrow_mask<T>(succeeded);
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
        turned = space_.fold_any(turned);
        const M again = still & turned;
        // 0 leads nowhere, so the next iteration replaces it by r.
        for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p() + d, V{}, again);
        lambda_ = select<W>(widen_mask<T>(again), initial_lambda_, lambda_);
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
    const W initial_lambda_;
    W delta_{}, lambda_, lambda_bar_{};
    M success_ = ~M{}, iteration_ = M{} + 1;
    std::vector<T> p_;  // the direction
};

}  // namespace shoal::SHOAL_ISA
