// Losses of samples as functions of the last pre-activations z, with their output deltas, as
// shoal/losses: a loss owns its link, and is computed from z without the logarithm of a rounded ŷ.
//
// z, y and delta are K rows of `columns` vectors, row k from k · columns vectors on. A column's lanes are
// one sample of as many networks or as many samples of one. r = z − y below.
#pragma once

#include "network.hpp"
#include "vecmath.hpp"

namespace shoal::SHOAL_ISA {

// One output's part of the loss, and ∂loss/∂z of it.
template <class V> struct Term {
    V loss, delta;
};

// max(z, 0) − y z + ln(1 + e^−|z|), σ(z) − y. Both come from one exponential, e^−|z|.
struct LogLossTerm {
    template <class V> SHOAL_INLINE Term<V> operator()(V z, V y) const {
        const V e = exp_of_minus_abs(FormatOf<V>::exponent_limit, z);
        const V a = select(z < V{}, e, constant<V>(1)) / (1 + e);
        return {log1p_unit(e) + (at_least(0, z) - y * z), a - y};
    }
};

// ½ r² and r, or r²/K and 2 r/K.
template <class T> struct SquaredTerm {
    T share_of_square, slope;
    template <class V> SHOAL_INLINE Term<V> operator()(V z, V y) const {
        const V r = z - y;
        return {r * r * share_of_square, r * slope};
    }
};

// |r| and its sign, 0 at r = 0.
struct AbsoluteTerm {
    template <class V> SHOAL_INLINE Term<V> operator()(V z, V y) const {
        const V r = z - y;
        return {abs(r), select(r > V{}, constant<V>(1), select(r < V{}, constant<V>(-1), r))};
    }
};

// c (|r| − ½ c) with c = min(|r|, threshold), and r clipped to ±threshold.
template <class T> struct HuberTerm {
    T threshold;
    template <class V> SHOAL_INLINE Term<V> operator()(V z, V y) const {
        const V r = z - y;
        const V clipped = min(constant<V>(threshold), abs(r));
        return {clipped * (abs(r) - clipped * T(0.5)), copysign(clipped, r)};
    }
};

// e^z, held at its largest value where it would overflow.
template <class V> SHOAL_INLINE V bounded_exp(V z) { return exp_at_most(FormatOf<V>::exponent_limit, z); }

// e^z − y z and e^z − y.
struct PoissonTerm {
    template <class V> SHOAL_INLINE Term<V> operator()(V z, V y) const {
        const V a = bounded_exp(z);
        return {a - y * z, a - y};
    }
};

// Calls `use` with the term of the loss, for the losses that are sums over the outputs.
template <class T, class Use> SHOAL_INLINE auto with_term(Loss loss, T parameter, int K, Use use) {
    switch (loss) {
        case Loss::log_loss: return use(LogLossTerm{});
        case Loss::mean_squared_error: return use(SquaredTerm<T>{T(1) / T(K), T(2) / T(K)});
        case Loss::absolute_error: return use(AbsoluteTerm{});
        case Loss::huber: return use(HuberTerm<T>{parameter});
        case Loss::poisson: return use(PoissonTerm{});
        default: return use(SquaredTerm<T>{T(0.5), T(1)});
    }
}

// Returns Σ_k e^(z_k − max z) of a column whose rows are `stride` numbers apart; `each` is given k,
// z_k − max z and its exponential.
template <class T, class Each>
SHOAL_INLINE Vec<T> sum_of_exponentials(int K, std::size_t stride, const T* z, Each each) {
    Vec<T> largest = load(z);
    for (int k = 1; k < K; ++k) largest = max(load(z + k * stride), largest);
    Vec<T> total{};
    for (int k = 0; k < K; ++k) {
        const Vec<T> shifted = load(z + k * stride) - largest;
        const Vec<T> e = exp_inside(at_least(Format<T>::exp_from, shifted));
        total += e;
        each(k, shifted, e);
    }
    return total;
}

// The cross-entropy of a column, its Σ_k e^(z_k − max z), and its Σ_k y_k: 1, or 0 of a step that is none.
template <class T> struct CrossEntropy {
    Vec<T> loss, total, there;
};

// Σ_k y_k (ln Σ_j e^z_j − z_k); `keep` is given k and e^(z_k − max z).
template <class T, class Keep>
SHOAL_INLINE CrossEntropy<T> cross_entropy(int K, std::size_t stride, const T* z, const T* y, Keep keep) {
    Vec<T> y_shifted{}, y_total{};
    const Vec<T> total = sum_of_exponentials(K, stride, z, [&](int k, Vec<T> shifted, Vec<T> e) {
        const Vec<T> y_k = load(y + k * stride);
        y_shifted += y_k * shifted;
        y_total += y_k;
        keep(k, e);
    });
    // The total is 1 or more, unless it is NaN: then so is y_shifted, and the logarithm may be anything.
    return {y_total * log_normal(total) - y_shifted, total, y_total};
}

// δ_k = e^z_k / Σ_j e^z_j − y_k, times share.
template <class T>
Vec<T> cross_entropy_and_delta(int K, std::size_t columns, const T* z, const T* y, const T* share, T* delta) {
    const std::size_t stride = columns * kLanes<T>;
    Vec<T> J{};
    for (std::size_t i = 0; i < stride; i += kLanes<T>) {
        const CrossEntropy<T> at =
            cross_entropy(K, stride, z + i, y + i, [=](int k, Vec<T> e) { store(delta + k * stride + i, e); });
        const Vec<T> weight = load(share + i), inverse = 1 / at.total;
        for (std::size_t j = i; j < K * stride; j += stride)
            store(delta + j, weight * (load(delta + j) * inverse - load(y + j)));
        J += weight * at.loss;
    }
    return J;
}

// How many steps of a column have a class, at least 1: of a lane without a sample, none has. K rows in all.
template <class T> SHOAL_INLINE Vec<T> counted_steps(int K, std::size_t stride, const T* y) {
    Vec<T> count{};
    for (int k = 0; k < K; ++k) count += load(y + k * stride);
    return at_least(1, count);
}

// The mean over a column's steps of their cross-entropies; class k of step t is row k · steps + t.
template <class T>
SHOAL_INLINE Vec<T> mean_over_steps(int K, int steps, std::size_t stride, const T* z, const T* y) {
    Vec<T> total{};
    for (int t = 0; t < steps; ++t) {
        const std::size_t row = t * stride;
        total += cross_entropy(K / steps, steps * stride, z + row, y + row, [](int, Vec<T>) {}).loss;
    }
    return total / counted_steps(K, stride, y);
}

// Of each step δ_k = e^z_k / Σ_j e^z_j − y_k, and 0 where it is none, times share over the steps.
template <class T>
Vec<T> step_cross_entropy_and_delta(int K, int steps, std::size_t columns, const T* z, const T* y, const T* share,
                                    T* delta) {
    const std::size_t stride = columns * kLanes<T>, between = steps * stride;
    Vec<T> J{};
    for (std::size_t i = 0; i < stride; i += kLanes<T>) {
        const Vec<T> weight = load(share + i) / counted_steps(K, stride, y + i);
        Vec<T> total{};
        for (std::size_t row = i; row < between; row += stride) {
            const auto keep = [=](int k, Vec<T> e) { store(delta + row + k * between, e); };
            const CrossEntropy<T> at = cross_entropy(K / steps, between, z + row, y + row, keep);
            const Vec<T> scale = at.there / at.total;
            for (std::size_t j = row; j < K * stride; j += between)
                store(delta + j, weight * (load(delta + j) * scale - load(y + j)));
            total += at.loss;
        }
        J += weight * total;
    }
    return J;
}

// J = Σ over the columns of share · loss, lanes not folded, and delta = share · ∂loss/∂z; delta may be z.
template <class T>
Vec<T> loss_and_delta(Loss loss, T parameter, int K, std::size_t columns, const T* z, const T* y, const T* share,
                      T* delta) {
    if (loss == Loss::cross_entropy) return cross_entropy_and_delta(K, columns, z, y, share, delta);
    if (loss == Loss::step_cross_entropy)
        return step_cross_entropy_and_delta(K, static_cast<int>(parameter), columns, z, y, share, delta);
    const std::size_t stride = columns * kLanes<T>;
    return with_term(loss, parameter, K, [=](auto term) {
        Vec<T> J{};
        for (std::size_t i = 0; i < stride; i += kLanes<T>) {
            const Vec<T> weight = load(share + i);
            Vec<T> total{};
            for (std::size_t at = i; at < K * stride; at += stride) {
                const Term<Vec<T>> part = term(load(z + at), load(y + at));
                total += part.loss;
                store(delta + at, weight * part.delta);
            }
            J += weight * total;
        }
        return J;
    });
}

// losses[i] = the loss of sample i, for `columns` vectors of samples.
template <class T>
void sample_losses(Loss loss, T parameter, int K, std::size_t columns, const T* z, const T* y, T* losses) {
    const std::size_t stride = columns * kLanes<T>;
    if (loss == Loss::cross_entropy) {
        for (std::size_t i = 0; i < stride; i += kLanes<T>)
            store(losses + i, cross_entropy(K, stride, z + i, y + i, [](int, Vec<T>) {}).loss);
        return;
    }
    if (loss == Loss::step_cross_entropy) {
        for (std::size_t i = 0; i < stride; i += kLanes<T>)
            store(losses + i, mean_over_steps(K, static_cast<int>(parameter), stride, z + i, y + i));
        return;
    }
    with_term(loss, parameter, K, [=](auto term) {
        for (std::size_t i = 0; i < stride; i += kLanes<T>) {
            Vec<T> total{};
            for (int k = 0; k < K; ++k) total += term(load(z + k * stride + i), load(y + k * stride + i)).loss;
            store(losses + i, total);
        }
    });
}

}  // namespace shoal::SHOAL_ISA
