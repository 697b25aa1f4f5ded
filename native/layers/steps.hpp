// The products of a recurrent layer's single step, and how their parameters are packed.
//
// A state slot is rows of vectors as in products.hpp: the x (n) of a step, then the h (m) before it. All sums z of a few
// units are one tile over both, W x + R h + b, so that nothing of it is stored in between. θ is packed once for all steps,
// in the order in which the tiles read it.
#pragma once

#include "../network.hpp"
#include "../table.hpp"
#include "windows.hpp"

namespace shoal::SHOAL_ISA {

// Numbers that a parameter takes: one, or one for each member.
template <class T, bool M> constexpr std::size_t kEach = M ? kLanes<T> : 1;

template <class T, bool M> SHOAL_INLINE void pack(const T* theta, std::size_t k, T*& to) {
    std::memcpy(to, theta + k * kEach<T, M>, kEach<T, M> * sizeof(T));
    to += kEach<T, M>;
}

// What a kind of layer has: rows of W and R for each unit, and sums of each, where R has one of its own for the last of
// them (GRU); and units that go together.
template <std::size_t weights, std::size_t sums, std::size_t units> struct Shape {
    static constexpr std::size_t kWeights = weights, kSums = sums, kUnits = units;

    // Which sum the product with row g of R is added to.
    static constexpr std::size_t of_state(std::size_t g) { return g + 1 == weights ? sums - 1 : g; }
};

// The numbers of θ that the units of a layer need going forward, tile after tile: biases, W and R.
template <class T, bool M, class S> std::size_t packed_size(const Recurrence& r) {
    const std::size_t tiles = (r.units + S::kUnits - 1) / S::kUnits;
    return tiles * S::kUnits * (S::kSums + S::kWeights * (r.channels + r.units)) * kEach<T, M>;
}

template <class T, bool M, class S> void pack_forward(const T* theta, const Layer& layer, T* to) {
    const Recurrence& r = layer.recurrence;
    const std::size_t m = r.units;
    // Rows that units are filled up with are zeros, which stay as they are.
    const auto each = [&](std::size_t first, std::size_t rows, auto place) {
        for (std::size_t u = first; u < first + S::kUnits; ++u)
            for (std::size_t g = 0; g < rows; ++g) {
                if (u < m) pack<T, M>(theta, place(g * m + u, g), to);
                else to += kEach<T, M>;
            }
    };
    for (std::size_t first = 0; first < m; first += S::kUnits) {
        each(first, S::kSums,
             [&](std::size_t row, std::size_t g) { return g < S::kWeights ? layer.b + row : layer.c + row - g * m; });
        for (std::size_t k = 0; k < r.channels; ++k)
            each(first, S::kWeights, [&](std::size_t row, std::size_t) { return layer.W + row * r.channels + k; });
        for (std::size_t k = 0; k < m; ++k)
            each(first, S::kWeights, [&](std::size_t row, std::size_t) { return layer.R + row * m + k; });
    }
}

template <class T, bool M, class S, int C>
SHOAL_INLINE void step_tile(const T* packed, std::size_t inputs, std::size_t units, const T* slot, std::size_t columns,
                            T* z, std::size_t width) {
    constexpr std::size_t L = kLanes<T>, kWeights = S::kUnits * S::kWeights, kSums = S::kUnits * S::kSums;
    Vec<T> acc[kSums][C];
    for (std::size_t s = 0; s < kSums; ++s)
        for (int c = 0; c < C; ++c) acc[s][c] = Parameters<T, M>::get(packed, s);
    packed += kSums * kEach<T, M>;
    const auto add = [&](std::size_t rows, auto of) {
        for (std::size_t k = 0; k < rows; ++k) {
            Vec<T> x[C];
            for (int c = 0; c < C; ++c) x[c] = load(slot + c * L);
            for (std::size_t g = 0; g < kWeights; ++g) {
                const Vec<T> w = Parameters<T, M>::get(packed, g);
                for (int c = 0; c < C; ++c) acc[of(g)][c] += w * x[c];
            }
            packed += kWeights * kEach<T, M>, slot += columns * L;
        }
    };
    add(inputs, [](std::size_t g) { return g; });
    add(units, [](std::size_t g) { return S::kUnits > 1 ? g : S::of_state(g); });
    for (std::size_t s = 0; s < kSums; ++s)
        for (int c = 0; c < C; ++c) store(z + (s * width + c) * L, acc[s][c]);
}

// z of the units of a tile, W x + R h + b, in the first `width` of the slot's columns: kUnits · kSums rows of so many.
template <class T, bool M, class S>
void step_sums(const T* packed, const Recurrence& r, const T* slot, std::size_t columns, std::size_t width, T* z) {
    each_tile<3, 2, 1>(width, [&](auto C, std::size_t at) {
        step_tile<T, M, S, C()>(packed, r.channels, r.units, slot + at * kLanes<T>, columns, z + at * kLanes<T>, width);
    });
}

// Rows of a matrix (rows, inner) in θ, of which some rows in a row belong to as many rows of δ.
struct Part {
    std::size_t of_delta, of_theta, rows;
};

// The transpose of a matrix with `inner` columns, in tiles of 4, 2 and 1 of them, its rows one part after the other.
template <class T, bool M, std::size_t parts>
void pack_transposed(const T* theta, std::size_t matrix, std::size_t inner, const Part (&of)[parts], T* to) {
    each_row_tile(inner, [&](auto R, std::size_t k) {
        for (const Part& part : of)
            for (std::size_t row = part.of_theta; row < part.of_theta + part.rows; ++row)
                for (std::size_t i = 0; i < R(); ++i) pack<T, M>(theta, matrix + row * inner + k + i, to);
    });
}

template <class T, bool M, int R, int C, std::size_t parts>
SHOAL_INLINE void back_tile(const T* packed, const Part (&of)[parts], const T* delta, std::size_t columns, T* to,
                            std::size_t row_step) {
    constexpr std::size_t L = kLanes<T>;
    Vec<T> acc[R][C];
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) acc[r][c] = load(to + r * row_step + c * L);
    for (const Part& part : of)
        for (std::size_t row = part.of_delta; row < part.of_delta + part.rows; ++row) {
            Vec<T> d[C];
            for (int c = 0; c < C; ++c) d[c] = load(delta + (row * columns + c) * L);
            for (int r = 0; r < R; ++r) {
                const Vec<T> w = Parameters<T, M>::get(packed, r);
                for (int c = 0; c < C; ++c) acc[r][c] += w * d[c];
            }
            packed += R * kEach<T, M>;
        }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) store(to + r * row_step + c * L, acc[r][c]);
}

// to(k, c) += Σ_row matrix(row, k) · δ(row, c) for the `inner` columns k of a packed matrix and the first `width` columns
// c, rows of `to` being `row_step` numbers apart: Wᵀ δ and Rᵀ δ of one step. What a tile needs of δ stays in the nearest
// cache while the matrix passes by.
template <class T, bool M, std::size_t parts>
void step_back(const T* packed, std::size_t inner, const Part (&of)[parts], const T* delta, std::size_t columns,
               std::size_t width, T* to, std::size_t row_step) {
    std::size_t rows = 0;
    for (const Part& part : of) rows += part.rows;
    each_tile<3, 2, 1>(width, [&](auto C, std::size_t at) {
        each_row_tile(inner, [&](auto R, std::size_t k) {
            back_tile<T, M, R(), C()>(packed + k * rows * kEach<T, M>, of, delta + at * kLanes<T>, columns,
                                      to + k * row_step + at * kLanes<T>, row_step);
        });
    });
}

template <class T, int R, int C>
SHOAL_INLINE void lane_tile(const T* delta, std::size_t columns, std::size_t width, const T* const* in, T* sums,
                            std::size_t step) {
    constexpr std::size_t L = kLanes<T>;
    Vec<T> acc[R][C];
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) acc[r][c] = load(sums + r * step + c * L);
    for (std::size_t i = 0; i < width * L; i += L) {
        Vec<T> x[C];
        for (int c = 0; c < C; ++c) x[c] = load(in[c] + i);
        for (int r = 0; r < R; ++r) {
            const Vec<T> d = load(delta + r * columns * L + i);
            for (int c = 0; c < C; ++c) acc[r][c] += d * x[c];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) store(sums + r * step + c * L, acc[r][c]);
}

// sums(j, i) += Σ_c δ(j, c) · in_i(c), lane by lane, for `rows` rows of δ and a few rows `in` that lie anywhere: what fills
// no vector of inputs. A row of ones makes sums of δ.
template <class T>
void lane_sums(const T* delta, std::size_t rows, std::size_t columns, std::size_t width,
               const std::vector<const T*>& in, T* sums) {
    constexpr std::size_t L = kLanes<T>;
    const std::size_t step = in.size() * L;
    each_row_tile(rows, [&](auto R, std::size_t row) {
        each_tile<3, 2, 1>(in.size(), [&](auto C, std::size_t i) {
            lane_tile<T, R(), C()>(delta + row * columns * L, columns, width, in.data() + i, sums + row * step + i * L,
                                   step);
        });
    });
}

}  // namespace shoal::SHOAL_ISA
