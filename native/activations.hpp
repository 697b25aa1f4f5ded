// Activation functions g of the hidden units, a = g(z), and their derivatives, as shoal/activations/.
//
// At a kink the derivative is the left one. A layer keeps z beside a only where `derivative_needs_z`.
#pragma once

#include "network.hpp"
#include "vecmath.hpp"

namespace shoal::SHOAL_ISA {

// With these, mean 0 and variance 1 are a fixed point (Klambauer et al. 2017, sec. 2).
template <class T> constexpr T kSeluAlpha = T(1.6732632423543772);
template <class T> constexpr T kSeluScale = T(1.0507009873554805);

// From here on q / (q + 2) in mish is 1 to the last bit of a double, and its square still fits a float.
template <class T> constexpr T kMishLinearFrom = 22;

template <class V> SHOAL_INLINE V relu(V z) { return at_least(0, z); }

// z where z > 0, else α (e^z − 1).
template <class V> SHOAL_INLINE V elu(V z, Element<V> alpha) {
    return select(z > V{}, z, alpha * expm1_negative(at_most(0, z)));
}

// ln(1 + e^z) = max(z, 0) + ln(1 + e^−|z|).
template <class V> SHOAL_INLINE V softplus(V z) {
    return log1p_unit(exp_of_minus_abs(-FormatOf<V>::exp_from, z)) + relu(z);
}

// z tanh(ln(1 + e^z)) = z q / (q + 2), w = e^z, q = w (w + 2).
template <class V> SHOAL_INLINE V mish(V z) {
    const V w = exp_at_most(kMishLinearFrom<Element<V>>, z);
    const V q = w * (w + 2);
    return z * (q / (q + 2));
}

// σ(z) + a (1 − σ(z)).
template <class V> SHOAL_INLINE V silu_derivative(V z, V a) {
    const V s = sigmoid(z);
    return s + a * (1 - s);
}

// Φ(z) + z e^(−z²/2) / √(2π).
template <class V> SHOAL_INLINE V gelu_derivative(V z) {
    const Normal<V> at = normal(z);
    return at.below + z * (at.bell * Element<V>(0.3989422804014326779));
}

// q / (q + 2) + 4 z w (w + 1) / (q + 2)².
template <class V> SHOAL_INLINE V mish_derivative(V z) {
    z = at_most(kMishLinearFrom<Element<V>>, z);
    const V w = exp_inside(at_least(FormatOf<V>::exp_from, z));
    const V q = w * (w + 2);
    const V inverse = 1 / (q + 2);
    return (q + 4 * z * w * (w + 1) * inverse) * inverse;
}

// to[i] = f(from[i]) for n numbers, a multiple of the lanes.
template <class T, class F> SHOAL_INLINE void map(const T* from, T* to, std::size_t n, F f) {
    for (std::size_t i = 0; i < n; i += kLanes<T>) store(to + i, f(load(from + i)));
}

// a = g(z) for n numbers, a multiple of the lanes; z may be a. `parameter` is leaky_relu's slope, elu's α.
template <class T> void activate(Activation g, T parameter, const T* z, T* a, std::size_t n) {
    using V = Vec<T>;
    switch (g) {
        case Activation::identity:
            if (z != a) map(z, a, n, [](V z) { return z; });
            break;
        case Activation::sigmoid: map(z, a, n, [](V z) { return sigmoid(z); }); break;
        case Activation::tanh: map(z, a, n, [](V z) { return tanh(z); }); break;
        case Activation::relu: map(z, a, n, [](V z) { return relu(z); }); break;
        case Activation::leaky_relu: map(z, a, n, [parameter](V z) { return max(z * parameter, z); }); break;
        case Activation::elu: map(z, a, n, [parameter](V z) { return elu(z, parameter); }); break;
        case Activation::selu: map(z, a, n, [](V z) { return kSeluScale<T> * elu(z, kSeluAlpha<T>); }); break;
        case Activation::gelu: map(z, a, n, [](V z) { return z * ndtr(z); }); break;
        case Activation::silu: map(z, a, n, [](V z) { return z * sigmoid(z); }); break;
        case Activation::mish: map(z, a, n, [](V z) { return mish(z); }); break;
        case Activation::softplus: map(z, a, n, [](V z) { return softplus(z); }); break;
    }
}

// Whether g'(z) takes z itself; else a says all, and z may be null.
constexpr bool derivative_needs_z(Activation g) {
    return g == Activation::gelu || g == Activation::silu || g == Activation::mish;
}

// grad[i] *= g'(a[i]) for n numbers, a multiple of the lanes.
template <class T, class F> SHOAL_INLINE void times(const T* a, T* grad, std::size_t n, F slope) {
    for (std::size_t i = 0; i < n; i += kLanes<T>) store(grad + i, load(grad + i) * slope(load(a + i)));
}

// grad *= g'(z) where a = g(z), for n numbers, a multiple of the lanes.
template <class T>
void times_derivative(Activation g, T parameter, const T* z, const T* a, T* grad, std::size_t n) {
    using V = Vec<T>;
    const V one = splat(T(1));
    switch (g) {
        case Activation::identity: break;
        case Activation::sigmoid: times(a, grad, n, [](V a) { return (1 - a) * a; }); break;
        case Activation::tanh: times(a, grad, n, [](V a) { return 1 - a * a; }); break;
        case Activation::relu: times(a, grad, n, [=](V a) { return select(a > V{}, one, V{}); }); break;
        case Activation::leaky_relu:
            times(a, grad, n, [=](V a) { return select(a > V{}, one, splat(parameter)); });
            break;
        case Activation::elu: times(a, grad, n, [=](V a) { return select(a > V{}, one, a + parameter); }); break;
        case Activation::selu:
            times(a, grad, n,
                  [](V a) { return select(a > V{}, splat(kSeluScale<T>), a + kSeluScale<T> * kSeluAlpha<T>); });
            break;
        case Activation::gelu: times(z, grad, n, [](V z) { return gelu_derivative(z); }); break;
        case Activation::silu:
            for (std::size_t i = 0; i < n; i += kLanes<T>)
                store(grad + i, load(grad + i) * silu_derivative(load(z + i), load(a + i)));
            break;
        case Activation::mish: times(z, grad, n, [](V z) { return mish_derivative(z); }); break;
        // σ(z) = 1 − e^−a.
        case Activation::softplus: times(a, grad, n, [](V a) { return -expm1_negative(-a); }); break;
    }
}

}  // namespace shoal::SHOAL_ISA
