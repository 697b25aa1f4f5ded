// BFGS with the whole inverse Hessian: the twin of shoal/solvers/bfgs.py.
#pragma once

#include "strong_wolfe.hpp"

namespace shoal::SHOAL_ISA {

// θ ← θ + α p with p = −H g, α from a line search, and H learnt from every step.
template <class T> class BFGS final : public FullBatchSolver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;

    // D, the parameters of a member, and rows of H, each of which lies as θ does.
    BFGS(std::size_t D, Space<T> space)
        : FullBatchSolver<T>(space), search_(space), D_(D), inverse_(D * size_, T(0)), p_(size_, T(0)), s_(p_), y_(p_),
          h_(p_) {
        begin_again(~M{});
    }

    void forget(M members) override {
        FullBatchSolver<T>::forget(members);
        begin_again(members);
    }

    void remember(Ledger<T>& ledger) override {
        FullBatchSolver<T>::remember(ledger);
        for (std::size_t i = 0; i < D_; ++i) ledger.vector("inverse", row(i), i, D_);
        M learnt = learnt_ & 1;
        ledger.number("learnt", learnt);
        learnt_ = -learnt;  // a lane of a mask that is set is −1
    }

  private:
    M advance(M members, M, Objective<T>& objective) override {
        const T* gradient = here_.gradient.data();
        multiply(gradient, p_.data());
        for (std::size_t d = 0; d < size_; d += kLanes<T>) store<T>(p_.data() + d, -load(p_.data() + d));
        const V slope = dot(space_, gradient, p_.data());
        const M wrong = members & ~((slope < V{}) & finite(slope));
        if (any(wrong)) {
            begin_again(wrong);
            for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p_.data() + d, -load(gradient + d), wrong);
        }
        const V one = splat(T(1)), length = square_root(dot(space_, gradient, gradient));
        const M blank = ~learnt_;
        const V first = select<V>(blank, one / max(length, one), one);
        const M lower = search_(here_, p_.data(), first, members, objective, trial_);
        learn(members);
        here_.keep(search_.lowest, members);
        const M failed = members & ~lower;
        if (any(failed)) begin_again(failed);
        return failed & blank;
    }

    // out = H v: H is symmetric, so a component is the product with a row.
    void multiply(const T* v, T* out) {
        for (std::size_t i = 0; i < D_; ++i) {
            const V sum = dot(space_, row(i), v);
            if (space_.lane_is_member) store<T>(out + i * kLanes<T>, sum);
            else out[i] = sum[0];
        }
    }

    // From the steps s to the lowest points and the changes y of their gradients, where these grew along s, with
    // h = H y and ρ = 1 / s·y:
    //     H ← H − ρ (s hᵀ + h sᵀ) + ρ (1 + ρ y·h) s sᵀ      after H ← (s·y / y·y) I at first
    void learn(M members) {
        const Point<T>& there = search_.lowest;
        for (std::size_t d = 0; d < size_; d += kLanes<T>) {
            store<T>(s_.data() + d, load(there.theta.data() + d) - load(here_.theta.data() + d));
            store<T>(y_.data() + d, load(there.gradient.data() + d) - load(here_.gradient.data() + d));
        }
        const V s_y = dot(space_, s_.data(), y_.data()), y_y = dot(space_, y_.data(), y_.data());
        const V s_s = dot(space_, s_.data(), s_.data());
        const V rounding = std::numeric_limits<T>::epsilon() * square_root(s_s) * square_root(y_y);
        const M convex = members & (s_y > rounding), fresh = convex & ~learnt_;
        if (!any(convex)) return;

        if (any(fresh))
            for (std::size_t d = 0; d < inverse_.size(); d += kLanes<T>)
                put<T>(inverse_.data() + d, load(inverse_.data() + d) * (s_y / y_y), fresh);
        multiply(y_.data(), h_.data());
        const V rho = splat(T(1)) / s_y, weight = rho * (splat(T(1)) + rho * dot(space_, y_.data(), h_.data()));
        for (std::size_t i = 0; i < D_; ++i) {
            const V s_i = component(s_.data(), i), along_s = weight * s_i - rho * component(h_.data(), i);
            const V along_h = rho * s_i;
            for (std::size_t d = 0; d < size_; d += kLanes<T>) {
                const V H = load(row(i) + d), change = along_s * load(s_.data() + d) - along_h * load(h_.data() + d);
                store<T>(row(i) + d, select<V>(convex, H + change, H));
            }
        }
        learnt_ |= convex;
    }

    // Number d of a vector that lies as θ does, of each member.
    V component(const T* v, std::size_t d) const {
        return space_.lane_is_member ? load(v + d * kLanes<T>) : splat(v[d]);
    }

    // H = I
    void begin_again(M members) {
        for (std::size_t d = 0; d < inverse_.size(); d += kLanes<T>) put<T>(inverse_.data() + d, V{}, members);
        for (std::size_t i = 0; i < D_; ++i) {
            if (space_.lane_is_member) put<T>(row(i) + i * kLanes<T>, splat(T(1)), members);
            else if (any(members)) row(i)[i] = T(1);
        }
        learnt_ &= ~members;
    }

    T* row(std::size_t i) { return inverse_.data() + i * size_; }

    using FullBatchSolver<T>::space_;
    using FullBatchSolver<T>::size_;
    using FullBatchSolver<T>::here_;
    using FullBatchSolver<T>::trial_;

    StrongWolfe<T> search_;
    const std::size_t D_;
    std::vector<T> inverse_;        // H, row after row
    std::vector<T> p_, s_, y_, h_;  // the direction, a step, how the gradient changed, and H times that
    M learnt_{};                    // who has had an update
};

}  // namespace shoal::SHOAL_ISA
