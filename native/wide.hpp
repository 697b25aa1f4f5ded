// The matrix products of a wide dense layer, where a lane is a sample.
//
// products.hpp takes its operands where they lie. In a wide layer that is all over the caches, so here one
// operand is first copied into panels: as many columns as a tile has, one depth after another, small
// enough to stay in the nearest cache while all rows pass by. The rows of a product are independent of each
// other, which is how threads share them: none of them changes a bit.
#pragma once

#include "products.hpp"
#include "table.hpp"

namespace shoal::SHOAL_ISA {

constexpr int kTileRows = 4, kTileColumns = 3;
// How deep a panel is at most: it fills three quarters of a nearest cache of 32 KiB.
template <class T> constexpr std::size_t kDepth = 24 * 1024 / (kTileColumns * kLanes<T> * sizeof(T));

// The rows of a matrix of numbers, kTileRows to a tile. Number k of a row lies k·inner_step from its first.
template <class T> struct Tiles {
    const T* data;
    std::size_t tile_step, row_step, inner_step;
    const T* row(std::size_t r) const { return data + r / kTileRows * tile_step + r % kTileRows * row_step; }
};

// Rows whose sums over lanes are folded together. Which these are decides bits, so pieces are multiples of them.
constexpr std::size_t kFoldedRows = 32;

// Rows of a product that one thread takes at a time: the more, the fewer times panels are copied; two pieces for each of
// several threads, so that none waits long for another.
inline std::size_t rows_of_a_piece(std::size_t rows, std::size_t threads) {
    constexpr std::size_t kMost = 512;
    const std::size_t pieces = threads > 1 ? 2 * threads : 1;
    return std::min((rows + pieces - 1) / pieces + kFoldedRows - 1, kMost) / kFoldedRows * kFoldedRows;
}

// Where a thread keeps its panels, and at most so many rows that lie across memory; without room where no product goes by
// panels.
template <class T> struct Panels {
    Panels(bool used, std::size_t most)
        : columns(used ? kDepth<T> * kTileColumns * kLanes<T> : 0), rows(rows_of_a_piece(most, 1) * kDepth<T>) {}

    Aligned<T> columns, rows;
};

// out(r, c) += Σ_k A(r, k) · panel(k, c), for the R rows from `row` on.
template <class T, int R, int C>
SHOAL_INLINE void panel_tile(Tiles<T> A, std::size_t row, const T* panel, std::size_t depth, T* out,
                             std::size_t out_step) {
    constexpr std::size_t L = kLanes<T>;
    Vec<T> acc[R][C] = {};
    const T* a[R];
    for (int r = 0; r < R; ++r) a[r] = A.row(row + r);
    for (std::size_t k = 0; k < depth; ++k) {
        Vec<T> x[C];
        for (int c = 0; c < C; ++c) x[c] = load(panel + (k * C + c) * L);
        for (int r = 0; r < R; ++r) {
            const Vec<T> w = splat(a[r][k * A.inner_step]);
            for (int c = 0; c < C; ++c) acc[r][c] += w * x[c];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) {
            T* const at = out + (row + r) * out_step + c * L;
            store(at, load(at) + acc[r][c]);  // once, whatever lies there: so blocks may be added up apart
        }
}

// Beside few columns there are more rows in a tile, so that enough sums are under way at once, and where registers allow.
template <class T, int C>
void panel_product(Tiles<T> A, std::size_t rows, const T* panel, std::size_t depth, T* out, std::size_t out_step) {
    constexpr std::size_t kRows = C == 1 || kWideTiles<T> ? 2 * kTileRows : kTileRows;
    std::size_t r = 0;
    if constexpr (kRows > kTileRows)
        for (; r + kRows <= rows; r += kRows) panel_tile<T, kRows, C>(A, r, panel, depth, out, out_step);
    for (; r + kTileRows <= rows; r += kTileRows) panel_tile<T, kTileRows, C>(A, r, panel, depth, out, out_step);
    for (; r < rows; ++r) panel_tile<T, 1, C>(A, r, panel, depth, out, out_step);
}

// Copies rows that lie across memory, so that each tile's numbers lie together.
template <class T> Tiles<T> packed(Tiles<T> A, std::size_t rows, std::size_t depth, T* to) {
    for (std::size_t first = 0; first < rows; first += kTileRows) {
        const std::size_t count = std::min<std::size_t>(kTileRows, rows - first);
        T* tile = to + first * depth;
        for (std::size_t k = 0; k < depth; ++k)
            for (std::size_t r = 0; r < count; ++r) tile[k * kTileRows + r] = A.row(first + r)[k * A.inner_step];
    }
    return {to, kTileRows * depth, 1, kTileRows};
}

// out(r, c) += Σ_k A(r, k) · B(k, c) for `columns` vectors c. fill(panel, k, depth, c, width) copies B(k …, c …)
// into a panel.
template <class T, class Fill>
void wide_product(Tiles<T> A, std::size_t rows, std::size_t inner, std::size_t columns, Panels<T>& panels, Fill fill,
                  T* out, std::size_t out_step) {
    T* const panel = panels.columns.data();
    for (std::size_t k = 0; k < inner; k += kDepth<T>) {
        const std::size_t depth = std::min(kDepth<T>, inner - k);
        Tiles<T> block = A;
        block.data += k * A.inner_step;
        if (A.inner_step != 1) block = packed(block, rows, depth, panels.rows.data());
        for (std::size_t c = 0; c < columns;) {
            const std::size_t width = std::min<std::size_t>(kTileColumns, columns - c);
            T* to = out + c * kLanes<T>;
            fill(panel, k, depth, c, width);
            if (width == 3) panel_product<T, 3>(block, rows, panel, depth, to, out_step);
            else if (width == 2) panel_product<T, 2>(block, rows, panel, depth, to, out_step);
            else panel_product<T, 1>(block, rows, panel, depth, to, out_step);
            c += width;
        }
    }
}

// out(r, c) = [b(r) +] Σ_k W(r, k) · in(k, c), for the rows of one piece: z = W a + b, and Wᵀ δ.
template <class T>
void wide_weighted_sum(const T* theta, Matrix W, std::size_t first, std::size_t rows, std::size_t inner,
                       Rows<const T> in, Rows<T> out, const T* bias, std::size_t columns, Panels<T>& panels) {
    constexpr std::size_t L = kLanes<T>;
    for (std::size_t r = first; r < first + rows; ++r)
        for (std::size_t c = 0; c < columns; ++c) store(out.at(r, c), splat(bias ? bias[r] : T(0)));
    const auto fill = [=](T* panel, std::size_t k, std::size_t depth, std::size_t c, std::size_t width) {
        for (std::size_t d = 0; d < depth; ++d)
            for (std::size_t i = 0; i < width; ++i) store(panel + (d * width + i) * L, load(in.at(k + d, c + i)));
    };
    const Tiles<T> A{theta + W.offset + first * W.row_step, kTileRows * W.row_step, W.row_step, W.inner_step};
    wide_product<T>(A, rows, inner, columns, panels, fill, out.at(first, 0), out.stride * L);
}

// ∂J/∂W(j, i) += Σ_c δ(j, c) · a(i, c), for the rows j of one piece and the inputs i that fill whole vectors. A panel
// is aᵀ: a vector holds one sample of as many inputs as there are lanes, so that no sum crosses lanes.
template <class T>
void whole_outer_sum(T* gradient, std::size_t first, std::size_t rows, std::size_t inputs, Rows<const T> delta,
                     Rows<const T> in, std::size_t columns, Panels<T>& panels) {
    constexpr std::size_t L = kLanes<T>;
    const auto fill = [=](T* panel, std::size_t k, std::size_t depth, std::size_t c, std::size_t width) {
        for (std::size_t i = 0; i < width; ++i)
            for (std::size_t d = 0; d < depth; d += L) {
                Vec<T> v[L];
                for (std::size_t row = 0; row < L; ++row) v[row] = load(in.at((c + i) * L + row, (k + d) / L));
                transpose<T>(v);
                for (std::size_t lane = 0; lane < L; ++lane) store(panel + ((d + lane) * width + i) * L, v[lane]);
            }
    };
    const Tiles<T> A{delta.at(first, 0), kTileRows * delta.stride * L, delta.stride * L, 1};
    wide_product<T>(A, rows, columns * L, inputs / L, panels, fill, gradient + first * inputs, inputs);
}

// The same for all inputs.
template <class T>
void wide_outer_sum(T* gradient, std::size_t first, std::size_t rows, std::size_t inputs, Rows<const T> delta,
                    Rows<const T> in, std::size_t columns, Panels<T>& panels) {
    whole_outer_sum<T>(gradient, first, rows, inputs, delta, in, columns, panels);
    const std::size_t whole = inputs / kLanes<T> * kLanes<T>, end = first + rows;
    for (std::size_t row = first; row < end && whole < inputs; row += kFoldedRows)
        outer_sum<T, false>(gradient, row * inputs, std::min(kFoldedRows, end - row), inputs,
                            {delta.at(row, 0), delta.stride}, in, columns, whole);
}

}  // namespace shoal::SHOAL_ISA
