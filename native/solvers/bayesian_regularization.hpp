// Levenberg and Marquardt's method under a penalty that the evidence re-estimates: the twin of
// shoal/solvers/bayesian_regularization.py.
#pragma once

#include "damping.hpp"

namespace shoal::SHOAL_ISA {

// J + ½ Σ_d strength θ_d², with the gradient of both.
template <class T> class Penalised final : public Objective<T> {
  public:
    using V = Vec<T>;

    // The objective outlives this.
    Penalised(Objective<T>& objective, Space<T> space, V strength)
        : objective_(objective), space_(space), strength_(strength) {}

    V operator()(const T* theta, T* gradient) override {
        const V J = objective_(theta, gradient);
        return J + add(theta, gradient);
    }
    Curvature<T>& curvature(const T* theta) override { return objective_.curvature(theta); }
    std::size_t threads() const override { return objective_.threads(); }

    // Adds the penalty's gradient, and returns what it adds to J.
    V add(const T* theta, T* gradient) const {
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>)
            store(gradient + d, load(gradient + d) + strength_ * load(theta + d));
        return T(0.5) * strength_ * dot(space_, theta, theta);
    }

  private:
    Objective<T>& objective_;
    const Space<T> space_;
    const V strength_;
};

// A lane is a member.
template <class T> class BayesianRegularization final : public Solver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;
    using W = Wide<T>;
    using Where = Mask<W>;

    BayesianRegularization(double initial_damping, double initial_l2, Space<T> space)
        : space_(space), initial_damping_(initial_damping), initial_l2_(initial_l2), here_(space.n * kLanes<T>),
          trial_(here_), descend_(space) {
        forget(~M{});
    }

    Step<T> step(const T* theta, T* proposed, Objective<T>& objective, V, M members) override {
        std::copy(theta, theta + here_.theta.size(), here_.theta.begin());
        here_.evaluate(objective);
        Curvature<T>& of = objective.curvature(theta);
        estimate(of, members);
        const W strength = told_.alpha / (told_.beta * of.noise_scale);
        Penalised<T> penalised(objective, space_, narrow<T>(strength));
        here_.J += penalised.add(theta, here_.gradient.data());
        of.hessian.add_to_diagonal([=](std::size_t) { return strength; });

        const V gradient_size = largest(space_, here_.gradient.data());
        const M sound = members & finite(here_.J) & finite(gradient_size) & narrow_mask<T>(finite(of.hessian.sum()));
        W damping = begun<T>(damping_, initial_damping_, of.hessian);
        const M found = any(sound) ? descend_(here_, of, damping, sound, penalised, trial_) : sound;
        damping_ = select<W>(widen_mask<T>(sound), damping, damping_);
        const Step<T> taken{here_.J, gradient_size, sound & ~found};
        here_.keep(descend_.there, found);
        std::copy(here_.theta.begin(), here_.theta.end(), proposed);
        return taken;
    }

    void forget(M members) override {
        const Where whole = widen_mask<T>(members);
        const W nothing = std::numeric_limits<double>::quiet_NaN() - W{};
        damping_ = select<W>(whole, W{}, damping_), told_.gamma = select<W>(whole, nothing, told_.gamma);
        told_.alpha = select<W>(whole, nothing, told_.alpha), told_.beta = select<W>(whole, nothing, told_.beta);
    }

    const Told<T>* told() const override { return &told_; }

    void remember(Ledger<T>& ledger) override {
        ledger.number("damping", damping_), ledger.number("gamma", told_.gamma);
        ledger.number("alpha", told_.alpha), ledger.number("beta", told_.beta);
    }

  private:
    // γ = D − α tr (β H + α I)⁻¹,  α ← γ / (2 E_W),  β ← (n − γ) / (2 E_D); at first α and β begin.
    void estimate(Curvature<T>& of, M members) {
        const W data = widen<T>(here_.J) * of.noise_scale;
        const W weights = 0.5 * widen<T>(dot(space_, here_.theta.data(), here_.theta.data()));
        of.factor.take(of.hessian, told_.beta * of.noise_scale, told_.alpha);
        const W gamma = static_cast<double>(of.hessian.n()) - told_.alpha * of.factor.trace_of_inverse();
        const Where whole = widen_mask<T>(members), known = finite(gamma);
        const W first = bounded(of.n_numbers, 2 * data);
        const W beta = select<W>(known, bounded(of.n_numbers - gamma, 2 * data), first);
        const W alpha = select<W>(known, bounded(gamma, 2 * weights), initial_l2_ * first);
        told_.gamma = select<W>(whole, gamma, told_.gamma);
        told_.alpha = select<W>(whole, alpha, told_.alpha), told_.beta = select<W>(whole, beta, told_.beta);
    }

    // A precision within its range, also where nothing is left to divide by.
    static W bounded(W numerator, W denominator) {
        constexpr double least = 1e-10, most = 1e10;
        const W precision = numerator / max<W>(std::numeric_limits<double>::min() - W{}, denominator);
        return min<W>(most - W{}, max<W>(least - W{}, precision));  // NaN stays what it is
    }

    const Space<T> space_;
    const double initial_damping_, initial_l2_;
    Point<T> here_, trial_;
    Descent<T> descend_;
    W damping_{};  // 0: not begun
    Told<T> told_;
};

}  // namespace shoal::SHOAL_ISA
