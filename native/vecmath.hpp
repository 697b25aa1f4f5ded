// Elementary functions of lanes: exp, log, log1p, expm1, tanh, sigmoid and the normal distribution.
//
// Branch-free and without calls, so that a loop over them keeps its vectors in registers: an argument is
// reduced by a power of two, a polynomial or a quotient of two approximates what is left, and the edges of
// the range are clamped or selected. NaN gives NaN and nothing traps. Where an instruction set fuses
// products with sums the compiler may do so, nothing here relies on it.
//
// The approximations are minimax fits (Remez's exchange, relative error) made for this file; the reductions
// are those of Cody & Waite 1980, "Software Manual for the Elementary Functions", and of fdlibm (Sun 1993).
//
// Over each function, for float and double: its largest error in units in the last place, float over all
// 2^32 numbers and double over 10^8, with and without fused products; the nanoseconds that it takes for a
// number with AVX2 on one core (Zen 3 at 3.2 GHz), and those of a loop over the C library's (glibc 2.36).
#pragma once

#include <limits>

#include "tanh_table.hpp"

namespace shoal::SHOAL_ISA {

// The bits of lanes without a sign: shifts to the right bring in zeros, which every vector unit can do.
template <class V>
using Bits __attribute__((vector_size(sizeof(V)), may_alias)) = std::make_unsigned_t<Int<Element<V>>>;

// Constants of a format. `shifter` is 1.5 · 2^mantissa plus the exponent's bias: a number x added to it is
// rounded to a whole n, and n + bias lies in its last bits. ln 2 = ln2_high + ln2_low, where n · ln2_high is
// exact. Where the exponential ends, and from where on a result is what its name says; σ falls no further
// than at −exponent_limit, so that it is never 0. With each fit goes its largest error, where half a last
// place is 6e-8 and 1.1e-16.
template <class T> struct Format;

template <> struct Format<float> {
    static constexpr int mantissa = 23, bias = 127;
    static constexpr float shifter = 12583039.0f;
    static constexpr float ln2_high = 0.693359375f, ln2_low = -2.12194440e-4f;
    static constexpr float smallest = 1.17549435e-38f, to_normal = 16777216.0f, to_normal_log2 = 24.0f;
    static constexpr float exp_from = -105.0f, exp_to = 89.0f;
    static constexpr float exponent_limit = 87.83561f, sigmoid_from = -87.0f;
    static constexpr float tanh_one = 10.0f, ndtr_zero = 15.0f;
    static constexpr std::int32_t sqrt_half = 0x3f3504f3, low_half = 0xfff;

    // (e^r − 1 − r) / r² on |r| ≤ ½ ln 2: 1.3e-8 of e^r − 1.
    static constexpr float exponential[] = {0.49999998132943229f, 0.16666542684597889f, 0.041667203915106362f,
                                            0.0083666467816565085f, 0.0013882497697606152f};
    // (ln((1+s)/(1−s)) − 2s) / s³ in s² on |s| ≤ 0.17: 8.8e-10 of the logarithm.
    static constexpr float logarithm[] = {0.66666783222963543f, 0.39976612324395468f, 0.29898654917141914f};
    // The same on 0 ≤ s ≤ ⅓: 4.5e-9.
    static constexpr float logarithm_unit[] = {0.66666416178888310f, 0.40021534234283617f, 0.28001678625200939f,
                                               0.28012664685161552f};
    // e^(t²/2) Φ(−t) on 0 ≤ t ≤ 15, a quotient: 6.3e-9. No coefficient is negative, so nothing cancels.
    static constexpr float tail_above[] = {0.50000000315051004f, 0.43928252506287516f, 0.18396844476916269f,
                                           0.040880887616406249f, 0.004153192536336119f};
    static constexpr float tail_below[] = {1.0f,
                                           1.6764500571243209f,
                                           1.2055454487297557f,
                                           0.47140686181731473f,
                                           0.10247930548870958f,
                                           0.010410398173052929f};
};

template <> struct Format<double> {
    static constexpr int mantissa = 52, bias = 1023;
    static constexpr double shifter = 6755399441056767.0;
    static constexpr double ln2_high = 6.93147180369123816490e-01, ln2_low = 1.90821492927058770002e-10;
    static constexpr double smallest = 2.2250738585072014e-308, to_normal = 18014398509481984.0, to_normal_log2 = 54.0;
    static constexpr double exp_from = -746.0, exp_to = 710.0;
    static constexpr double exponent_limit = 702.6848857644501, sigmoid_from = -708.0;
    static constexpr double tanh_one = 20.0, ndtr_zero = 39.0;
    static constexpr std::int64_t sqrt_half = 0x3fe6a09e667f3bcd, low_half = 0x7ffffff;

    // As above: 1.8e-17 of e^r − 1.
    static constexpr double exponential[] = {
        0.5000000000000005278,  0.166666666666665878,     0.04166666666657538651,    0.008333333333390411867,
        0.00138888889320517638, 0.0001984126971760407092, 0.00002480150465042481427, 2.755740822016929156e-6,
        2.76262987554205092e-7, 2.505377941950017545e-8};
    // 1.4e-18 of the logarithm.
    static constexpr double logarithm[] = {0.6666666666666744667, 0.3999999999933933448, 0.2857142876059518635,
                                           0.2222219657015417778, 0.1818367482590684534, 0.1531107239384209606,
                                           0.1482715140871547805};
    // On 0 ≤ s ≤ ⅓: 4.9e-17.
    static constexpr double logarithm_unit[] = {0.6666666666667770496, 0.3999999999604632593,  0.2857142905836361378,
                                                0.222221928855587297,  0.1818281461986959167,  0.1536428642666994652,
                                                0.1358640159855318962, 0.09902371786001655909, 0.1774071623966754194};
    // On 0 ≤ t ≤ 39: 5.1e-17.
    static constexpr double tail_above[] = {
        0.49999999999999997433,     0.77488158983796334141,  0.59405769689402708948,   0.28934101308250255937,
        0.097703206740176598785,    0.023623633150650251471, 0.0040895764605619686423, 0.00049045634566441902256,
        0.000037257794112089173601, 1.3858682778139321294e-6};
    static constexpr double tail_below[] = {1.0,
                                            2.3476477404787819147,
                                            2.5612672801201295091,
                                            1.7144152950866061861,
                                            0.78206223031118012348,
                                            0.25496987392998168353,
                                            0.060438111260542801041,
                                            0.010344439416297773024,
                                            0.0012328656003239348803,
                                            0.000093391440169609162804,
                                            3.473856610092878685e-6};
};

template <class V> using FormatOf = Format<Element<V>>;

template <class V> SHOAL_INLINE V constant(Element<V> x) { return splat<Element<V>>(x); }

// y ≥ 0 with the sign of x.
template <class V> SHOAL_INLINE V sign_of(V x, V y) { return (V)((Mask<V>)y | ((Mask<V>)x & (Mask<V>)-V{})); }

// Σ_i c_i x^i by Horner's rule in x², with coefficients c_i + c_{i+1} x that do not wait for each other.
template <std::size_t i = 0, class V, std::size_t n>
SHOAL_INLINE V polynomial(V x, const Element<V> (&c)[n]) {
    if constexpr (i + 1 == n) return constant<V>(c[i]);
    else if constexpr (i + 2 == n) return x * c[i + 1] + c[i];
    else return polynomial<i + 2>(x, c) * (x * x) + (x * c[i + 1] + c[i]);
}

// x, but not below or above a constant; NaN stays NaN. GCC 12 makes a comparison and a blend of either,
// unless it takes the constant for a variable: then it finds the one instruction that does it.
template <class V> SHOAL_INLINE V variable(Element<V> x) {
    V v = constant<V>(x);
#if defined(__SSE2__) && !defined(SHOAL_SCALAR)
    asm("" : "+v"(v));
#endif
    return v;
}
template <class V> SHOAL_INLINE V at_least(Element<V> from, V x) { return max(variable<V>(from), x); }
template <class V> SHOAL_INLINE V at_most(Element<V> to, V x) { return min(variable<V>(to), x); }

// x = n ln 2 + r with a whole n and |r| ≤ ½ ln 2; `shifted` is n + shifter, `error` what r lost in rounding.
template <class V> struct Reduced {
    V shifted, n, r, error;
};

template <class V> SHOAL_INLINE Reduced<V> reduce(V x, Element<V> shifter = FormatOf<V>::shifter) {
    using F = FormatOf<V>;
    Reduced<V> reduced;
    reduced.shifted = x * Element<V>(1.4426950408889634074) + shifter;
    reduced.n = reduced.shifted - shifter;
    const V high = x - reduced.n * F::ln2_high;
    const V low = reduced.n * F::ln2_low;
    reduced.r = high - low;
    reduced.error = (high - reduced.r) - low;
    return reduced;
}

// 2^n from n + shifter, for normal results: the exponent's bits are moved into place.
template <class V> SHOAL_INLINE V power_of_two(V shifted) { return (V)((Bits<V>)shifted << FormatOf<V>::mantissa); }

// e^r − 1 − r for |r| ≤ ½ ln 2.
template <class V> SHOAL_INLINE V exponential_tail(V r) { return r * r * polynomial(r, FormatOf<V>::exponential); }

// e^(x + correction), x between exp_from and exp_to and the correction small. 2^n is applied in two halves,
// each of which a normal number can hold, so that large and denormal results are rounded once. The bias
// is added twice here, once for each half.
template <class V> SHOAL_INLINE V exp_sum(V x, V correction) {
    using F = FormatOf<V>;
    const Reduced<V> at = reduce(x, F::shifter + F::bias);
    const V r = at.r + correction;
    const Bits<V> half = (Bits<V>)at.shifted >> 1;
    const V rest = (V)((Bits<V>)at.shifted - half);
    return (1 + (r + exponential_tail(r))) * power_of_two((V)half) * power_of_two(rest);
}

// e^x between exp_from and exp_to.
template <class V> SHOAL_INLINE V exp_inside(V x) { return exp_sum(x, -V{}); }

// e^x, but no more than e^bound.
template <class V> SHOAL_INLINE V exp_at_most(Element<V> bound, V x) {
    return exp_inside(at_most(bound, at_least(FormatOf<V>::exp_from, x)));
}

// e^x.
// 1.07 and 1.05 ulp; 0.37 and 0.96 ns (C: 3.4 and 5.6).
template <class V> SHOAL_INLINE V exp(V x) { return exp_at_most(FormatOf<V>::exp_to, x); }

// e^−|x|, or e^−bound where that is more.
template <class V> SHOAL_INLINE V exp_of_minus_abs(Element<V> bound, V x) {
    return exp_inside(-at_most(bound, abs(x)));
}

// e^x − 1, to the last places near 0 as well: 2^n (r + tail) + (2^n − 1), in an order that keeps r exact.
// 1.34 and 1.43 ulp; 0.52 and 1.3 ns (C: 9.4 and 8.4).
template <class V> SHOAL_INLINE V expm1(V x) {
    using F = FormatOf<V>;
    const Reduced<V> at = reduce(at_most(F::exp_to, at_least(-40, x)));
    // 2^(bias+1) does not exist: there it is built from its half, of which 1 and ½ are no part any more.
    const Mask<V> huge = at.n > constant<V>(F::bias);
    const V scale = power_of_two(at.shifted + select(huge, constant<V>(-1), V{}));
    const V tail = exponential_tail(at.r) + at.error;
    const V y = scale * at.r + (scale - 1) + scale * tail;
    return copysign(select(huge, y + y, y), x);
}

// e^x − 1 for x ≤ 0, where it needs less care.
template <class V> SHOAL_INLINE V expm1_negative(V x) {
    const Reduced<V> at = reduce(at_least(-40, x));
    const V scale = power_of_two(at.shifted);
    return (scale - 1) + scale * (at.r + exponential_tail(at.r));
}

// x = 2^k (1 + f) with √½ ≤ 1 + f < √2, for a normal x > 0; `field` is k + bias, as a whole number's bits.
template <class V> struct Split {
    V k, f;
    Bits<V> field;
};

template <class V> SHOAL_INLINE Split<V> split(V x) {
    using F = FormatOf<V>;
    using Whole = std::make_unsigned_t<Int<Element<V>>>;
    constexpr Whole one = Whole(F::bias) << F::mantissa, fraction = (Whole(1) << F::mantissa) - 1;
    constexpr Whole whole_exponent = Whole(F::bias + F::mantissa) << F::mantissa;
    constexpr Element<V> whole = Element<V>(Whole(1) << F::mantissa);
    const Bits<V> bits = (Bits<V>)x + (one - Whole(F::sqrt_half));
    Split<V> at;
    at.field = bits >> F::mantissa;
    at.k = (V)(at.field | whole_exponent) - (whole + F::bias);
    at.f = (V)((bits & fraction) + Whole(F::sqrt_half)) - 1;
    return at;
}

// k ln 2 + ln(1 + f), as fdlibm's log: with s = f / (2 + f), ln(1 + f) = f − f²/2 + s (f²/2 + s² L(s²)).
template <class V> SHOAL_INLINE V log_of_split(V k, V f) {
    using F = FormatOf<V>;
    const V s = f / (2 + f);
    const V s2 = s * s;
    const V half_square = f * f * Element<V>(0.5);
    const V rest = s * (half_square + s2 * polynomial(s2, F::logarithm));
    return k * F::ln2_high - ((half_square - (rest + k * F::ln2_low)) - f);
}

// `inside` where x is between `pole` and infinity, else what every logarithm gives: −∞ at the pole,
// NaN below it, +∞ and NaN for themselves.
template <class V> SHOAL_INLINE V log_edges(V x, Element<V> pole, V inside) {
    using Limits = std::numeric_limits<Element<V>>;
    const V above = select(x < Limits::infinity(), inside, x);
    const V below = select(x == pole, constant<V>(-Limits::infinity()), constant<V>(Limits::quiet_NaN()));
    return select(x > pole, above, below);
}

// ln x of a normal x > 0.
template <class V> SHOAL_INLINE V log_normal(V x) {
    const Split<V> at = split(x);
    return log_of_split(at.k, at.f);
}

// ln x.
// 0.84 and 0.85 ulp; 0.70 and 1.6 ns (C: 3.7 and 4.8).
template <class V> SHOAL_INLINE V log(V x) {
    using F = FormatOf<V>;
    const Mask<V> denormal = x < F::smallest;
    const Split<V> at = split(select(denormal, x * F::to_normal, x));
    const V k = at.k - select(denormal, constant<V>(F::to_normal_log2), V{});
    return log_edges(x, 0, log_of_split(k, at.f));
}

// ln(1 + x). The split is that of the rounded 1 + x, but f comes from x itself: 2^−k (1 + x) − 1 with one
// rounding, since all but the last sum is exact.
// 1.40 and 1.41 ulp; 0.80 and 1.8 ns (C: 8.3 and 7.4).
template <class V> SHOAL_INLINE V log1p(V x) {
    using F = FormatOf<V>;
    using Whole = std::make_unsigned_t<Int<Element<V>>>;
    const Split<V> at = split(1 + x);
    // 2^(2−k), which is normal for the largest k too.
    const V scale = (V)((Whole(2 * F::bias + 2) - at.field) << F::mantissa);
    const Element<V> quarter = Element<V>(0.25);
    const V f = x * scale * quarter + (scale * quarter - 1);
    return copysign(log_edges(x, -1, log_of_split(at.k, f)), x);
}

// ln(1 + x) for 0 ≤ x ≤ 1: the logarithm's series itself, with more terms, needs no split.
template <class V> SHOAL_INLINE V log1p_unit(V x) {
    const V s = x / (2 + x);
    const V s2 = s * s;
    const V half_square = x * x * Element<V>(0.5);
    return x - (half_square - s * (s2 * polynomial(s2, FormatOf<V>::logarithm_unit) + half_square));
}

// tanh x = (1 − e^(−2|x|)) / (1 + e^(−2|x|)) with the sign of x, numerator and denominator each rounded once
// from the reduced argument, so that the last places are kept near 0.
// 2.04 and 2.14 ulp; 0.43 and 1.2 ns (C: 14 and 14). With AVX-512 floats go by a table instead.
template <class V> SHOAL_INLINE V tanh(V x) {
#if defined(__AVX512F__) && !defined(SHOAL_SCALAR)
    if constexpr (std::is_same_v<V, Vec<float>>) return sign_of(x, tanh_by_table(abs(x)));
#endif
    using F = FormatOf<V>;
    const V a = at_most(F::tanh_one, abs(x));
    const V shifted = a * Element<V>(-2.8853900817779268147) + F::shifter;
    // One constant for ln 2 is enough: where n makes its rounding larger, 2^n makes it count less.
    const V r = a * Element<V>(-2) - (shifted - F::shifter) * Element<V>(0.69314718055994530942);
    const V scale = power_of_two(shifted);
    const V minus_one = r + exponential_tail(r);
    const V above = (1 - scale) - scale * minus_one;
    const V below = (1 + scale) + scale * minus_one;
    return sign_of(x, above / below);
}

// σ(x) = 1 / (1 + e^−x).
// 2.45 and 2.45 ulp; 0.38 and 1.0 ns (C: 3.4 and 5.9).
template <class V> SHOAL_INLINE V sigmoid(V x) {
    using F = FormatOf<V>;
    const Reduced<V> at = reduce(at_least(F::sigmoid_from, at_most(F::exponent_limit, -x)));
    const V scale = power_of_two(at.shifted);
    return 1 / ((1 + scale) + scale * (at.r + exponential_tail(at.r)));
}

// Φ and what it is made of: `bell` = e^(−x²/2), `below` = Φ(x).
template <class V> struct Normal {
    V bell, below;
};

// Φ(−t) = e^(−t²/2) · P(t)/Q(t) for t ≥ 0; to its right 1 − Φ(−t). t² is split, t = high + low, into an exact
// part and a small one: rounded, it would cost the exponential t²/2 times that.
template <class V> SHOAL_INLINE Normal<V> normal(V x) {
    using F = FormatOf<V>;
    const V t = at_most(F::ndtr_zero, abs(x));
    const V high = (V)((Mask<V>)t & ~(F::low_half - Mask<V>{}));
    const Element<V> minus_half = Element<V>(-0.5);
    const V bell = exp_sum(high * high * minus_half, (t - high) * (t + high) * minus_half);
    const V tail = bell * (polynomial(t, F::tail_above) / polynomial(t, F::tail_below));
    return {bell, select(x > V{}, 1 - tail, tail)};
}

// Φ(x), the distribution function of the normal distribution.
// 7.2 and 9.4 (5.3 and 7.1 fused) ulp; 0.94 and 2.6 ns (C: 11 and 11).
template <class V> SHOAL_INLINE V ndtr(V x) { return normal(x).below; }

}  // namespace shoal::SHOAL_ISA
