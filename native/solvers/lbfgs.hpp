// Limited-memory BFGS: the twin of shoal/solvers/lbfgs.py.
#pragma once

#include "strong_wolfe.hpp"

namespace shoal::SHOAL_ISA {

// θ ← θ + α p with p = −H g by the two loops over the last pairs (s, y), and α from a line search.
template <class T> class LBFGS final : public FullBatchSolver<T> {
  public:
    using V = Vec<T>;
    using M = MaskOf<T>;

    LBFGS(std::size_t memory, Space<T> space)
        : FullBatchSolver<T>(space), search_(space), memory_(memory), s_(memory * size_, T(0)), y_(s_),
          rho_(memory, V{}), a_(rho_), p_(size_) {}

    void forget(M members) override {
        FullBatchSolver<T>::forget(members);
        drop_pairs(members);
    }

    // Pairs lie oldest first.
    void remember(Ledger<T>& ledger) override {
        FullBatchSolver<T>::remember(ledger);
        for (std::size_t i = 0; i < memory_; ++i) {
            const std::size_t at = pair(memory_ - 1 - i);
            ledger.vector("s", s(at), i, memory_), ledger.vector("y", y(at), i, memory_);
            ledger.number("rho", rho_[at], i, memory_);
        }
        ledger.number("gamma", gamma_);
    }

  private:
    M advance(M members, M, Objective<T>& objective) override {
        const T* gradient = here_.gradient.data();
        inverse_hessian_product(gradient);
        const V slope = dot(space_, gradient, p());
        const M wrong = members & ~((slope < V{}) & finite(slope));
        if (any(wrong)) {
            drop_pairs(wrong);
            for (std::size_t d = 0; d < size_; d += kLanes<T>) put<T>(p() + d, -load(gradient + d), wrong);
        }
        const V one = splat(T(1)), length = square_root(dot(space_, gradient, gradient));
        const M blank = rho_[newest_] == V{};
        const V first = select<V>(blank, one / max(length, one), one);
        const M lower = search_(here_, p(), first, members, objective, trial_);
        learn(members);
        here_.keep(search_.lowest, members);
        const M failed = members & ~lower;
        if (any(failed)) drop_pairs(failed);
        return failed & blank;
    }

    // p = −H g:   q ← g;   newest pair to oldest: a ← ρ s·q,  q ← q − a y;
    //             q ← γ q;   oldest to newest: b ← ρ y·q,  q ← q + (a − b) s
    void inverse_hessian_product(const T* gradient) {
        T* q = p();
        std::copy(gradient, gradient + size_, q);
        for (std::size_t age = 0; age < memory_; ++age) {
            const std::size_t i = pair(age);
            a_[i] = rho_[i] * dot(space_, s(i), q);
            for (std::size_t d = 0; d < size_; d += kLanes<T>) store<T>(q + d, load(q + d) - a_[i] * load(y(i) + d));
        }
        for (std::size_t d = 0; d < size_; d += kLanes<T>) store<T>(q + d, gamma_ * load(q + d));
        for (std::size_t age = memory_; age-- > 0;) {
            const std::size_t i = pair(age);
            const V b = rho_[i] * dot(space_, y(i), q);
            for (std::size_t d = 0; d < size_; d += kLanes<T>)
                store<T>(q + d, load(q + d) + (a_[i] - b) * load(s(i) + d));
        }
        for (std::size_t d = 0; d < size_; d += kLanes<T>) store<T>(q + d, -load(q + d));
    }

    // Keeps the pairs of the steps from here_ to the lowest points along which the gradient grew.
    void learn(M members) {
        const Point<T>& there = search_.lowest;
        V s_s{}, s_y{}, y_y{};
        for (std::size_t d = 0; d < size_; d += kLanes<T>) {
            const V step = load(there.theta.data() + d) - load(here_.theta.data() + d);
            const V change = load(there.gradient.data() + d) - load(here_.gradient.data() + d);
            s_s += step * step, s_y += step * change, y_y += change * change;
        }
        s_s = space_.fold(s_s), s_y = space_.fold(s_y), y_y = space_.fold(y_y);
        const V rounding = std::numeric_limits<T>::epsilon() * square_root(s_s) * square_root(y_y);
        const M convex = members & (s_y > rounding);
        if (!any(convex)) return;

        newest_ = (newest_ + 1) % memory_;  // the place of the oldest
        if (any(members & ~convex)) stay(members & ~convex);
        for (std::size_t d = 0; d < size_; d += kLanes<T>) {
            put<T>(s(newest_) + d, load(there.theta.data() + d) - load(here_.theta.data() + d), convex);
            put<T>(y(newest_) + d, load(there.gradient.data() + d) - load(here_.gradient.data() + d), convex);
        }
        rho_[newest_] = select<V>(convex, splat(T(1)) / s_y, rho_[newest_]);
        gamma_ = select<V>(convex, s_y / y_y, gamma_);
    }

    // The places of the pairs have moved on by one: so do the pairs of members that keep no new one.
    void stay(M members) {
        for (std::size_t age = 0; age + 1 < memory_; ++age) {
            const std::size_t to = pair(age), from = pair(age + 1);
            for (std::size_t d = 0; d < size_; d += kLanes<T>) {
                swap_lanes(s(to) + d, s(from) + d, members);
                swap_lanes(y(to) + d, y(from) + d, members);
            }
            const V rho = rho_[to];
            rho_[to] = select<V>(members, rho_[from], rho);
            rho_[from] = select<V>(members, rho, rho_[from]);
        }
    }

    static void swap_lanes(T* a, T* b, M members) {
        const V from_a = load(a);
        put<T>(a, load(b), members);
        put<T>(b, from_a, members);
    }

    // A pair that is not there is zero, which changes nothing in the two loops.
    void drop_pairs(M members) {
        for (std::size_t d = 0; d < memory_ * size_; d += kLanes<T>) {
            put<T>(s_.data() + d, V{}, members);
            put<T>(y_.data() + d, V{}, members);
        }
        for (V& rho : rho_) rho = select<V>(members, V{}, rho);
        gamma_ = select<V>(members, splat(T(1)), gamma_);
    }

    // Where the newest pair (age 0), the one before it, … lie: the places are a ring.
    std::size_t pair(std::size_t age) const { return (newest_ + memory_ - age) % memory_; }
    T* s(std::size_t i) { return s_.data() + i * size_; }
    T* y(std::size_t i) { return y_.data() + i * size_; }
    T* p() { return p_.data(); }

    using FullBatchSolver<T>::space_;
    using FullBatchSolver<T>::size_;
    using FullBatchSolver<T>::here_;
    using FullBatchSolver<T>::trial_;

    StrongWolfe<T> search_;
    const std::size_t memory_;
    std::size_t newest_ = 0;
    std::vector<T> s_, y_;  // pairs, each as θ lies in the group
    std::vector<V> rho_, a_;
    V gamma_ = splat(T(1));
    std::vector<T> p_;  // the direction
};

}  // namespace shoal::SHOAL_ISA
