// Lanes: a vector of numbers that are worked on at once, one network or one sample in each.
//
// Written with the vector extensions of GCC and Clang, so that one source compiles to SSE, AVX2, AVX-512
// or NEON, and with SHOAL_SCALAR to plain numbers: the code a GPU thread would run. Each translation unit
// that includes this file is compiled for one instruction set, whose vector width it takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>
#include <utility>

#if defined(__AVX512F__) && !defined(SHOAL_SCALAR)
#include <immintrin.h>
#endif

// Every instruction set's code lives in a namespace of its own: the linker must never merge two of them.
#ifndef SHOAL_ISA
#error "define SHOAL_ISA, the namespace of this translation unit's instruction set"
#endif

#define SHOAL_INLINE inline __attribute__((always_inline))

namespace shoal::SHOAL_ISA {

#if defined(SHOAL_SCALAR)
template <class T> constexpr int kLanes = 1;
#elif defined(__AVX512F__)
template <class T> constexpr int kLanes = 64 / sizeof(T);
#elif defined(__AVX__)
template <class T> constexpr int kLanes = 32 / sizeof(T);
#else
template <class T> constexpr int kLanes = 16 / sizeof(T);
#endif

// The integer of T's size: comparisons of lanes give masks of it, all bits set where true.
template <class T> using Int = std::conditional_t<sizeof(T) == 4, std::int32_t, std::int64_t>;

template <class T> struct Lanes {
    typedef T Vector __attribute__((vector_size(kLanes<T> * sizeof(T))));
    typedef double Wide __attribute__((vector_size(kLanes<T> * sizeof(double))));
};

template <class T> using Vec = typename Lanes<T>::Vector;
// A number in double for each lane of a Vec<T>, whatever T.
template <class T> using Wide = typename Lanes<T>::Wide;

// T of a vector, and the mask that its comparisons give.
template <class V> using Element = std::decay_t<decltype(std::declval<V>()[0])>;
template <class V> struct Compared {
    typedef Int<Element<V>> Mask __attribute__((vector_size(sizeof(V))));
};
template <class V> using Mask = typename Compared<V>::Mask;
template <class T> using MaskOf = Mask<Vec<T>>;

template <class T> SHOAL_INLINE Vec<T> load(const T* from) {
    Vec<T> v;
    std::memcpy(&v, from, sizeof v);
    return v;
}

template <class T> SHOAL_INLINE void store(T* to, Vec<T> v) { std::memcpy(to, &v, sizeof v); }

template <class T> SHOAL_INLINE Vec<T> splat(T x) { return x - Vec<T>{}; }

// Numbers and masks of T's lanes to double and back.
template <class T> SHOAL_INLINE Wide<T> widen(Vec<T> v) { return __builtin_convertvector(v, Wide<T>); }
template <class T> SHOAL_INLINE Vec<T> narrow(Wide<T> v) { return __builtin_convertvector(v, Vec<T>); }
template <class T> SHOAL_INLINE Mask<Wide<T>> widen_mask(MaskOf<T> mask) {
    return __builtin_convertvector(mask, Mask<Wide<T>>);
}
template <class T> SHOAL_INLINE MaskOf<T> narrow_mask(Mask<Wide<T>> mask) {
    return __builtin_convertvector(mask, MaskOf<T>);
}

template <class V> SHOAL_INLINE V select(Mask<V> where, V yes, V no) { return where ? yes : no; }

// b where either is NaN. Of vectors of 64 bytes GCC 12 makes a mask and a blend of the comparison; they have
// an instruction, and with all lanes set `maskz` is that one; GCC 12 warns of the numbers that its plain form leaves undefined.
template <class V> SHOAL_INLINE V min(V a, V b) {
#if defined(__AVX512F__) && !defined(SHOAL_SCALAR)
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, float>)
        return (V)_mm512_maskz_min_ps(-1, (__m512)a, (__m512)b);
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, double>)
        return (V)_mm512_maskz_min_pd(-1, (__m512d)a, (__m512d)b);
#endif
    return a < b ? a : b;
}
template <class V> SHOAL_INLINE V max(V a, V b) {
#if defined(__AVX512F__) && !defined(SHOAL_SCALAR)
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, float>)
        return (V)_mm512_maskz_max_ps(-1, (__m512)a, (__m512)b);
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, double>)
        return (V)_mm512_maskz_max_pd(-1, (__m512d)a, (__m512d)b);
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, std::int32_t>)
        return (V)_mm512_maskz_max_epi32(-1, (__m512i)a, (__m512i)b);
    if constexpr (sizeof(V) == 64 && std::is_same_v<Element<V>, std::int64_t>)
        return (V)_mm512_maskz_max_epi64(-1, (__m512i)a, (__m512i)b);
#endif
    return a > b ? a : b;
}

// |x|: the sign bit cleared.
template <class V> SHOAL_INLINE V abs(V x) {
    constexpr Int<Element<V>> sign = Int<Element<V>>(1) << (8 * sizeof(Element<V>) - 1);
    return (V)((Mask<V>)x & ~(sign - Mask<V>{}));
}

// y with the sign of x: how an odd function is built from its values at |x|.
template <class V> SHOAL_INLINE V copysign(V y, V x) {
    constexpr Int<Element<V>> sign = Int<Element<V>>(1) << (8 * sizeof(Element<V>) - 1);
    const Mask<V> bit = sign - Mask<V>{};
    return (V)(((Mask<V>)y & ~bit) | ((Mask<V>)x & bit));
}

// x is neither infinite nor NaN.
template <class V> SHOAL_INLINE Mask<V> finite(V x) { return (x - x) == V{}; }

// Whether any, or every, lane of a mask is set.
template <class M> SHOAL_INLINE bool any(M mask) {
    std::int64_t words[(sizeof(M) + 7) / 8] = {};
    std::memcpy(words, &mask, sizeof mask);
    std::int64_t found = 0;
    for (const std::int64_t word : words) found |= word;
    return found != 0;
}
template <class M> SHOAL_INLINE bool all(M mask) { return !any(~mask); }

// Sums of lanes that lie n apart: halves are added until n numbers are left.
template <int n, class V> SHOAL_INLINE void fold_lanes(V v, Element<V>* out) {
    using T = Element<V>;
    if constexpr (sizeof(V) == n * sizeof(T)) {
        std::memcpy(out, &v, sizeof v);
    } else if constexpr (sizeof(V) == 2 * sizeof(T)) {
        *out = v[0] + v[1];
    } else {
        typedef T Half __attribute__((vector_size(sizeof(V) / 2)));
        Half low, high;
        std::memcpy(&low, &v, sizeof low);
        std::memcpy(&high, reinterpret_cast<const char*>(&v) + sizeof low, sizeof high);
        fold_lanes<n>(low + high, out);
    }
}

// Σ over the lanes.
template <class V> SHOAL_INLINE Element<V> sum(V v) {
    Element<V> total;
    fold_lanes<1>(v, &total);
    return total;
}

// Half of two vectors' exchange of the blocks of `step` lanes that lie across the diagonal: what a, or b,
// holds afterwards.
template <int step, bool second, class V, std::size_t... k>
SHOAL_INLINE V exchanged(V a, V b, std::index_sequence<k...>) {
    constexpr int n = sizeof...(k);
    constexpr int own = second ? step : 0, other = n - (second ? 0 : step);
#if defined(__clang__) || __GNUC__ >= 12
    return __builtin_shufflevector(a, b, (int(k) + (k & step ? other : own))...);
#else
    return __builtin_shuffle(a, b, Mask<V>{(int(k) + (k & step ? other : own))...});
#endif
}
template <int step, bool second, class V> SHOAL_INLINE V exchanged(V a, V b) {
    return exchanged<step, second>(a, b, std::make_index_sequence<sizeof(V) / sizeof(Element<V>)>{});
}

// out[i] = Σ over the lanes of v[i], for n vectors at once: each stage adds the halves of two of them in one
// instruction.
template <int n, int step = 1, class V> SHOAL_INLINE void sums(V* v, Element<V>* out) {
    constexpr int lanes = sizeof(V) / sizeof(Element<V>);
    if constexpr (n == 1 || n > lanes) {
        for (int i = 0; i < n; ++i) out[i] = sum(v[i]);
    } else if constexpr ((n & (n - 1)) != 0) {
        constexpr int first = n > 4 ? 4 : 2;  // of 3, 5, 6 or 7
        static_assert(n < 8);
        sums<first>(v, out), sums<n - first>(v + first, out + first);
    } else if constexpr (step < n) {
        for (int i = 0; i < n / step; i += 2) {
            const V a = v[i], b = v[i + 1];
            v[i / 2] = exchanged<step, false>(a, b) + exchanged<step, true>(a, b);
        }
        sums<n, 2 * step>(v, out);
    } else {
        fold_lanes<n>(v[0], out);  // whose lane k holds a part of the sum number k mod n
    }
}

}  // namespace shoal::SHOAL_ISA
