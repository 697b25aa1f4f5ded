// The matrix products of a dense layer, on columns of lanes.
//
// An activation matrix is rows × columns of vectors. A column is one sample of each of `lanes` members
// ("lane = network": every parameter is a vector too), or `lanes` samples of one member ("lane = sample":
// a parameter is one number, spread over the lanes). Parameters<T, M> hides which, so each product is
// written once. Tiles of rows × columns stay in registers over the whole inner sum.
#pragma once

#include <cstddef>

#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> struct Parameters {
    static SHOAL_INLINE Vec<T> get(const T* theta, std::size_t k) {
        if constexpr (LaneIsMember) return load(theta + k * kLanes<T>);
        else return splat(theta[k]);
    }
    // Adds n gradients that lie `step` apart.
    template <int n> static SHOAL_INLINE void add(T* gradient, std::size_t k, std::size_t step, Vec<T>* v) {
        if constexpr (LaneIsMember) {
            for (int i = 0; i < n; ++i) {
                T* at = gradient + (k + i * step) * kLanes<T>;
                store(at, load(at) + v[i]);
            }
        } else {
            T total[n];
            sums<n>(v, total);
            for (int i = 0; i < n; ++i) gradient[k + i * step] += total[i];
        }
    }
};

// Rows of vectors: row r begins at data + r·stride·lanes.
template <class T> struct Rows {
    T* data;
    std::size_t stride;
    SHOAL_INLINE T* at(std::size_t row, std::size_t column) const { return data + (row * stride + column) * kLanes<T>; }
};

// Whether tiles have twice as many sums, for which there must be 32 registers. In double that is no faster.
#if defined(__AVX512F__)
template <class T> constexpr bool kWideTiles = sizeof(T) == 4;
#else
template <class T> constexpr bool kWideTiles = false;
#endif

// How parameter (row, k) of a matrix lies in θ: W itself, or Wᵀ.
struct Matrix {
    std::size_t offset, row_step, inner_step;
};

// What becomes of a sum before it is stored: nothing.
struct Unchanged {
    template <class V> SHOAL_INLINE V operator()(V z) const { return z; }
};

template <class T, bool M, int R, int C, class Then>
SHOAL_INLINE void weighted_sum_tile(const T* theta, Matrix W, std::size_t inner, Rows<const T> in, Rows<T> out,
                                    const std::size_t* bias, Then then, std::size_t row, std::size_t column) {
    Vec<T> acc[R][C];
    for (int r = 0; r < R; ++r) {
        const Vec<T> first = bias ? Parameters<T, M>::get(theta, *bias + row + r) : Vec<T>{};
        for (int c = 0; c < C; ++c) acc[r][c] = first;
    }
    const std::size_t start = W.offset + row * W.row_step;
    for (std::size_t k = 0; k < inner; ++k) {
        Vec<T> x[C];
        for (int c = 0; c < C; ++c) x[c] = load(in.at(k, column + c));
        for (int r = 0; r < R; ++r) {
            const Vec<T> w = Parameters<T, M>::get(theta, start + r * W.row_step + k * W.inner_step);
            for (int c = 0; c < C; ++c) acc[r][c] += w * x[c];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) store(out.at(row + r, column + c), then(acc[r][c]));
}

// A last tile of one column would leave most of the arithmetic idle: 4 is 2 + 2 rather than 3 + 1.
constexpr bool leaves_one(std::size_t width, std::size_t left) { return width == 3 && left == 4; }

template <class T, bool M, int R, int... C, class Then>
SHOAL_INLINE void weighted_sum_rows(const T* theta, Matrix W, std::size_t inner, Rows<const T> in, Rows<T> out,
                                    const std::size_t* bias, Then then, std::size_t row, std::size_t columns) {
    std::size_t column = 0;
    // Widths from the widest to 1: whatever is left is taken by the next narrower tile.
    (
        (void)[&] {
            for (; column + C <= columns && !leaves_one(C, columns - column); column += C)
                weighted_sum_tile<T, M, R, C>(theta, W, inner, in, out, bias, then, row, column);
        }(),
        ...);
}

// out(r, c) = then([b(r) +] Σ_k W(r, k) · in(k, c)):   a = g(W a + b) going forward, Wᵀ δ going back. The matrix is not
// passed by value: its numbers would be copied two at a time right after each was written, for which processors wait.
template <class T, bool M, class Then = Unchanged>
void weighted_sum(const T* theta, const Matrix& matrix, std::size_t rows, std::size_t inner, Rows<const T> in,
                  Rows<T> out, const std::size_t* bias, std::size_t columns, Then then = {}) {
    const Matrix W = matrix;
    std::size_t row = 0;
    if constexpr (kWideTiles<T>) {
        for (; row + 8 <= rows; row += 8)
            weighted_sum_rows<T, M, 8, 3, 2, 1>(theta, W, inner, in, out, bias, then, row, columns);
        for (; row + 4 <= rows; row += 4)
            weighted_sum_rows<T, M, 4, 6, 4, 2, 1>(theta, W, inner, in, out, bias, then, row, columns);
    }
    for (; row + 4 <= rows; row += 4)
        weighted_sum_rows<T, M, 4, 3, 2, 1>(theta, W, inner, in, out, bias, then, row, columns);
    for (; row + 2 <= rows; row += 2)
        weighted_sum_rows<T, M, 2, 6, 3, 2, 1>(theta, W, inner, in, out, bias, then, row, columns);
    for (; row < rows; ++row)
        weighted_sum_rows<T, M, 1, 8, 6, 4, 2, 1>(theta, W, inner, in, out, bias, then, row, columns);
}

template <class T, bool M, int R, int C>
SHOAL_INLINE void outer_sum_tile(T* gradient, std::size_t offset, std::size_t inputs, Rows<const T> delta,
                                 Rows<const T> in, std::size_t columns, std::size_t j, std::size_t i) {
    Vec<T> acc[R][C] = {};
    for (std::size_t c = 0; c < columns; ++c) {
        // Of the shorter side all vectors are kept, of the longer one each is loaded when it is needed.
        Vec<T> kept[R < C ? R : C];
        if constexpr (R < C) {
            for (int r = 0; r < R; ++r) kept[r] = load(delta.at(j + r, c));
            for (int k = 0; k < C; ++k) {
                const Vec<T> x = load(in.at(i + k, c));
                for (int r = 0; r < R; ++r) acc[r][k] += kept[r] * x;
            }
        } else {
            for (int k = 0; k < C; ++k) kept[k] = load(in.at(i + k, c));
            for (int r = 0; r < R; ++r) {
                const Vec<T> d = load(delta.at(j + r, c));
                for (int k = 0; k < C; ++k) acc[r][k] += d * kept[k];
            }
        }
    }
    constexpr bool is_wide = C >= R && (C & (C - 1)) == 0;  // sums go by powers of two
    if constexpr (is_wide) {
        for (int r = 0; r < R; ++r)
            Parameters<T, M>::template add<C>(gradient, offset + (j + r) * inputs + i, 1, acc[r]);
    } else {
        for (int k = 0; k < C; ++k) {
            Vec<T> column[R];
            for (int r = 0; r < R; ++r) column[r] = acc[r][k];
            Parameters<T, M>::template add<R>(gradient, offset + j * inputs + i + k, inputs, column);
        }
    }
}

template <class T, bool M, int R, int... C>
SHOAL_INLINE void outer_sum_rows(T* gradient, std::size_t offset, std::size_t inputs, Rows<const T> delta,
                                 Rows<const T> in, std::size_t columns, std::size_t j, std::size_t i, std::size_t end) {
    (
        (void)[&] {
            for (; i + C <= end && !leaves_one(C, end - i); i += C)
                outer_sum_tile<T, M, R, C>(gradient, offset, inputs, delta, in, columns, j, i);
        }(),
        ...);
}

// ∂J/∂W(j, i) += Σ_c δ(j, c) · a(i, c) for `first` ≤ i < `end`. Functions of their own, since small layers take longer to
// make ready for all tiles than to go by the few that they need.
template <class T, bool M>
[[gnu::noinline]] void narrow_outer_sum(T* gradient, std::size_t offset, std::size_t units, std::size_t inputs,
                                        Rows<const T> delta, Rows<const T> in, std::size_t columns, std::size_t first,
                                        std::size_t end) {
    std::size_t j = 0;
    for (; j + 2 <= units; j += 2)
        outer_sum_rows<T, M, 2, 6, 3, 2, 1>(gradient, offset, inputs, delta, in, columns, j, first, end);
    for (; j < units; ++j)
        if constexpr (M)
            outer_sum_rows<T, M, 1, 8, 4, 2, 1>(gradient, offset, inputs, delta, in, columns, j, first, end);
        else outer_sum_rows<T, M, 1, 8, 4, 1>(gradient, offset, inputs, delta, in, columns, j, first, end);
}

// The same of inputs that fill tiles of 3.
template <class T, bool M>
[[gnu::noinline]] void tiled_outer_sum(T* gradient, std::size_t offset, std::size_t units, std::size_t inputs,
                                       Rows<const T> delta, Rows<const T> in, std::size_t columns, std::size_t first,
                                       std::size_t end) {
    std::size_t j = 0;
    if constexpr (kWideTiles<T>)
        for (; j + 8 <= units; j += 8)
            outer_sum_rows<T, M, 8, 3>(gradient, offset, inputs, delta, in, columns, j, first, end);
    for (; j + 4 <= units; j += 4)
        outer_sum_rows<T, M, 4, 3>(gradient, offset, inputs, delta, in, columns, j, first, end);
    for (; j + 2 <= units; j += 2)
        outer_sum_rows<T, M, 2, 6, 3>(gradient, offset, inputs, delta, in, columns, j, first, end);
    for (; j < units; ++j) outer_sum_rows<T, M, 1, 6, 3>(gradient, offset, inputs, delta, in, columns, j, first, end);
}

// The same of the last C inputs, by tiles that are tall instead.
template <class T, bool M, int C, int... R>
[[gnu::noinline]] void tall_outer_sum(T* gradient, std::size_t offset, std::size_t units, std::size_t inputs,
                                      Rows<const T> delta, Rows<const T> in, std::size_t columns) {
    std::size_t j = 0;
    (
        (void)[&] {
            for (; j + R <= units && !leaves_one(R, units - j); j += R)
                outer_sum_tile<T, M, R, C>(gradient, offset, inputs, delta, in, columns, j, inputs - C);
        }(),
        ...);
}

// ∂J/∂W(j, i) += Σ_c δ(j, c) · a(i, c), for i ≥ first:   the lecture's δ aᵀ. A part of its caller, for which tiles it takes
// costs small layers as much as another call would.
template <class T, bool M>
SHOAL_INLINE void outer_sum(T* gradient, std::size_t offset, std::size_t units, std::size_t inputs, Rows<const T> delta,
                            Rows<const T> in, std::size_t columns, std::size_t first = 0) {
    if (units < 4) return narrow_outer_sum<T, M>(gradient, offset, units, inputs, delta, in, columns, first, inputs);
    const std::size_t width = inputs - first, left = width % 3;
    const std::size_t last = left == 1 && width > 1 ? 4 : left;
    if (width > last) tiled_outer_sum<T, M>(gradient, offset, units, inputs, delta, in, columns, first, inputs - last);
    constexpr int kTall = kWideTiles<T> ? 6 : 3;
    if (last == 4) tall_outer_sum<T, M, 4, kTall, 3, 2, 1>(gradient, offset, units, inputs, delta, in, columns);
    if (last == 2) tall_outer_sum<T, M, 2, 6, 3, 2, 1>(gradient, offset, units, inputs, delta, in, columns);
    if (last == 1) tall_outer_sum<T, M, 1, 8, 4, 2, 1>(gradient, offset, units, inputs, delta, in, columns);
}

template <class T, bool M, int R>
SHOAL_INLINE void row_sums(T* gradient, std::size_t at, Rows<const T> delta, std::size_t columns, std::size_t row) {
    Vec<T> acc[R] = {};
    for (std::size_t c = 0; c < columns; ++c)
        for (int r = 0; r < R; ++r) acc[r] += load(delta.at(row + r, c));
    Parameters<T, M>::template add<R>(gradient, at + row, 1, acc);
}

// ∂J/∂b(j) += Σ_c δ(j, c).
template <class T, bool M>
void row_sum(T* gradient, std::size_t offset, std::size_t units, Rows<const T> delta, std::size_t columns) {
    std::size_t j = 0;
    for (; j + 4 <= units; j += 4) row_sums<T, M, 4>(gradient, offset, delta, columns, j);
    if constexpr (M)
        for (; j + 2 <= units; j += 2) row_sums<T, M, 2>(gradient, offset, delta, columns, j);
    for (; j < units; ++j) row_sums<T, M, 1>(gradient, offset, delta, columns, j);
}

}  // namespace shoal::SHOAL_ISA
