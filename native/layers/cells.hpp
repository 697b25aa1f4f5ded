// What a unit of a recurrent layer does with its sums z at one step, and its derivative: the compiled twins of
// shoal/layers/rnn.py, gru.py and lstm.py. Beyond a sequence's end the state stays as it is, and δ is 0.
#pragma once

#include "layer.hpp"
#include "steps.hpp"

namespace shoal::SHOAL_ISA {

#define SHOAL_APART __attribute__((noinline))  // one body for blocks of any width: the same bits in any company

// One unit at one step: rows of `columns` vectors, each `row` numbers from the next of its kind.
template <class T> struct Unit {
    const Layer* layer;
    std::size_t columns, row;
    const T* lengths;
    std::size_t step;
    bool whole;       // all sequences have this step
    const T* before;  // h, and of an LSTM c, before the step
    T* after;
    T* kept;  // for the way back
    T* grad;  // ∂J/∂h, and of an LSTM ∂J/∂c, after the step, and then what of it passes by the products
    T* delta;
    const T* mask;               // of recurrent dropout, null where there is none
    const T* through = nullptr;  // ∂J/∂c that comes by way of h, where the cell's own norm has found it

    SHOAL_INLINE MaskOf<T> valid(std::size_t i) const { return has_step(lengths + i, step); }
    SHOAL_INLINE void put(T* rows, std::size_t k, std::size_t i, Vec<T> v) const { store(rows + k * row + i, v); }
    SHOAL_INLINE Vec<T> get(const T* rows, std::size_t k, std::size_t i) const { return load(rows + k * row + i); }
    SHOAL_INLINE Vec<T> masked(Vec<T> v, std::size_t i) const { return mask ? v * load(mask + i) : v; }
    SHOAL_INLINE std::size_t numbers() const { return columns * kLanes<T>; }
};

// The places of θ's rows in those of δ, for W and for R.
template <std::size_t of_state> struct Parts {
    Part of_input[1], of_state_[of_state];
};

// i, f, o = σ(z), g = tanh(z),  c = f c₋ + i g,  h = o tanh(c).
template <class T> struct LstmCell : Shape<4, 4, 1> {
    using V = Vec<T>;
    static constexpr std::size_t kKept = 5, kStates = 2, kDeltas = 4, kParts = 1;
    static constexpr bool kMasksState = false;  // recurrent dropout is on g

    static Parts<1> parts(std::size_t m) { return {{{0, 0, 4 * m}}, {{0, 0, 4 * m}}}; }

    SHOAL_APART static void forward(const T* z, const Unit<T>& u) {
        const std::size_t n = u.numbers();
        for (std::size_t at = 0; at < n; at += kLanes<T>) {
            const V i = sigmoid(load(z + at)), f = sigmoid(load(z + n + at));
            const V g = tanh(load(z + 2 * n + at)), o = sigmoid(load(z + 3 * n + at));
            const V before = u.get(u.before, 1, at);
            u.put(u.kept, 0, at, i), u.put(u.kept, 1, at, f), u.put(u.kept, 2, at, g), u.put(u.kept, 3, at, o);
            u.put(u.after, 1, at, select<V>(u.valid(at), f * before + i * u.masked(g, at), before));
        }
        for (std::size_t at = 0; at < n; at += kLanes<T>) {  // apart, for it waits for all of that
            const V bent = tanh(u.get(u.after, 1, at));
            u.put(u.kept, 4, at, bent);
            u.put(u.after, 0, at, select<V>(u.valid(at), u.get(u.kept, 3, at) * bent, u.get(u.before, 0, at)));
        }
    }

    // δ_o = ∂h tanh(c) o (1 − o),  ∂c += ∂h o (1 − tanh² c),  δ_i = ∂c g i (1 − i),  δ_f = ∂c c₋ f (1 − f),
    // δ_g = ∂c i (1 − g²),  ∂c₋ = ∂c f.
    SHOAL_APART static void backward(const Unit<T>& u) { u.through ? back<true>(u) : back<false>(u); }

  private:
    template <bool is_normed> SHOAL_INLINE static void back(const Unit<T>& u) {
        for (std::size_t at = 0; at < u.numbers(); at += kLanes<T>) {
            const V i = u.get(u.kept, 0, at), f = u.get(u.kept, 1, at), g = u.get(u.kept, 2, at);
            const V o = u.get(u.kept, 3, at), bent = u.get(u.kept, 4, at);
            const V to_h = u.get(u.grad, 0, at), to_c = u.get(u.grad, 1, at);
            const V dc = to_c + (is_normed ? load(u.through + at) : to_h * o * (1 - bent * bent));
            const MaskOf<T> valid = u.valid(at);
            u.put(u.delta, 0, at, select<V>(valid, dc * u.masked(g, at) * (i * (1 - i)), V{}));
            u.put(u.delta, 1, at, select<V>(valid, dc * u.get(u.before, 1, at) * (f * (1 - f)), V{}));
            u.put(u.delta, 2, at, select<V>(valid, u.masked(dc * i, at) * (1 - g * g), V{}));
            u.put(u.delta, 3, at, select<V>(valid, to_h * bent * (o * (1 - o)), V{}));
            u.put(u.grad, 0, at, select<V>(valid, V{}, to_h));
            u.put(u.grad, 1, at, select<V>(valid, dc * f, to_c));
        }
    }
};

// r, z = σ(·),  q = R h₋ + c,  n = tanh(z_n + r q),  h = (1 − z) n + z h₋.
template <class T> struct GruCell : Shape<3, 4, 1> {
    using V = Vec<T>;
    static constexpr std::size_t kKept = 4, kStates = 1, kDeltas = 4, kParts = 2;
    static constexpr bool kMasksState = false;  // recurrent dropout is on n

    static Parts<2> parts(std::size_t m) { return {{{0, 0, 3 * m}}, {{0, 0, 2 * m}, {3 * m, 2 * m, m}}}; }

    SHOAL_APART static void forward(const T* sums, const Unit<T>& u) {
        const std::size_t width = u.numbers();
        for (std::size_t at = 0; at < width; at += kLanes<T>) {
            const V r = sigmoid(load(sums + at));
            u.put(u.kept, 0, at, r), u.put(u.kept, 1, at, sigmoid(load(sums + width + at)));
            const V q = load(sums + 3 * width + at);
            u.put(u.kept, 3, at, q), u.put(u.kept, 2, at, load(sums + 2 * width + at) + r * q);
        }
        for (std::size_t at = 0; at < width; at += kLanes<T>) {  // apart, for it waits for all of that
            const V n = tanh(u.get(u.kept, 2, at)), z = u.get(u.kept, 1, at), before = u.get(u.before, 0, at);
            const V seen = u.masked(n, at);
            u.put(u.kept, 2, at, n);
            u.put(u.after, 0, at, select<V>(u.valid(at), seen + z * (before - seen), before));
        }
    }

    // δ_n = ∂h (1 − z) (1 − n²),  δ_z = ∂h (h₋ − n) z (1 − z),  δ_r = δ_n q r (1 − r); by R δ_n r instead of δ_n.
    SHOAL_APART static void backward(const Unit<T>& u) {
        for (std::size_t at = 0; at < u.numbers(); at += kLanes<T>) {
            const V r = u.get(u.kept, 0, at), z = u.get(u.kept, 1, at), n = u.get(u.kept, 2, at);
            const V q = u.get(u.kept, 3, at), to_h = u.get(u.grad, 0, at), before = u.get(u.before, 0, at);
            const MaskOf<T> valid = u.valid(at);
            const V delta = select<V>(valid, u.masked(to_h * (1 - z), at) * (1 - n * n), V{});
            u.put(u.delta, 0, at, delta * q * (r * (1 - r)));
            u.put(u.delta, 1, at, select<V>(valid, to_h * (before - u.masked(n, at)) * (z * (1 - z)), V{}));
            u.put(u.delta, 2, at, delta);
            u.put(u.delta, 3, at, delta * r);
            u.put(u.grad, 0, at, select<V>(valid, to_h * z, to_h));
        }
    }
};

// h = g(z), where z is kept if the derivative asks for it.
template <class T> struct RnnCell : Shape<1, 1, 4> {
    using V = Vec<T>;
    static constexpr std::size_t kKept = 1, kStates = 1, kDeltas = 1, kParts = 1;
    static constexpr bool kMasksState = true;  // recurrent dropout is on the h that R multiplies

    static Parts<1> parts(std::size_t m) { return {{{0, 0, m}}, {{0, 0, m}}}; }

    SHOAL_APART static void forward(const T* z, const Unit<T>& u) {
        const Member<Activation>& g = u.layer->g;
        if (derivative_needs_z(g.kind)) std::memcpy(u.kept, z, u.numbers() * sizeof(T));
        activate<T>(g.kind, static_cast<T>(g.parameter), z, u.after, u.numbers());
        for (std::size_t at = 0; !u.whole && at < u.numbers(); at += kLanes<T>)
            u.put(u.after, 0, at, select<V>(u.valid(at), u.get(u.after, 0, at), u.get(u.before, 0, at)));
    }

    // δ = ∂h g'(z).
    SHOAL_APART static void backward(const Unit<T>& u) {
        const Member<Activation>& g = u.layer->g;
        std::memcpy(u.delta, u.grad, u.numbers() * sizeof(T));
        times_derivative<T>(g.kind, static_cast<T>(g.parameter), u.kept, u.after, u.delta, u.numbers());
        if (u.whole) return std::fill(u.grad, u.grad + u.numbers(), T(0));
        for (std::size_t at = 0; at < u.numbers(); at += kLanes<T>) {
            const MaskOf<T> valid = u.valid(at);
            u.put(u.delta, 0, at, select<V>(valid, u.get(u.delta, 0, at), V{}));
            u.put(u.grad, 0, at, select<V>(valid, V{}, u.get(u.grad, 0, at)));
        }
    }
};

#undef SHOAL_APART

}  // namespace shoal::SHOAL_ISA
