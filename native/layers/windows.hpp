// The products of a convolution, on images in a block of columns.
//
// An image's numbers are rows as in products.hpp: channel after channel, in it row after row, in it pixel
// after pixel, and of each pixel `width` vectors. A window's taps lie at fixed distances from its first
// number, and neighbouring windows one pixel apart: so a row of an output image is one run of vectors, whose
// tile stays in registers while the taps pass by.
#pragma once

#include "../products.hpp"

namespace shoal::SHOAL_ISA {

// Where the windows lie: distances in numbers of T.
struct Windows {
    const std::size_t* taps;  // from the first number of a window to each of its numbers
    std::size_t n_taps;
    std::size_t rows, run;        // output rows, and vectors in one of them, that share parameters
    std::size_t in_row, out_row;  // from one output row to the next, in either image
    std::size_t out_plane;        // from one output channel to the next
};

template <class T, bool M, int R, int C>
SHOAL_INLINE void window_tile(const T* theta, std::size_t W, std::size_t bias, const Windows& windows, const T* in,
                              T* out) {
    constexpr std::size_t L = kLanes<T>;
    const std::size_t* const taps = windows.taps;
    const std::size_t n = windows.n_taps;
    Vec<T> acc[R][C];
    for (int r = 0; r < R; ++r) {
        const Vec<T> first = Parameters<T, M>::get(theta, bias + r);
        for (int c = 0; c < C; ++c) acc[r][c] = first;
    }
    for (std::size_t k = 0; k < n; ++k) {
        const T* const from = in + taps[k];
        Vec<T> x[C];
        for (int c = 0; c < C; ++c) x[c] = load(from + c * L);
        for (int r = 0; r < R; ++r) {
            const Vec<T> w = Parameters<T, M>::get(theta, W + r * n + k);
            for (int c = 0; c < C; ++c) acc[r][c] += w * x[c];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) store(out + r * windows.out_plane + c * L, acc[r][c]);
}

// f(C, at) for tiles of C vectors that cover a run, widths from the widest to 1.
template <int... C, class F> SHOAL_INLINE void each_tile(std::size_t run, F f) {
    std::size_t at = 0;
    (
        (void)[&] {
            for (; at + C <= run && !leaves_one(C, run - at); at += C) f(std::integral_constant<int, C>{}, at);
        }(),
        ...);
}

// f(R, row) for tiles of R rows that cover `rows`, 4 or 8 at most.
template <int most = 4, class F> SHOAL_INLINE void each_row_tile(std::size_t rows, F f) {
    std::size_t row = 0;
    if constexpr (most == 8)
        for (; row + 8 <= rows; row += 8) f(std::integral_constant<int, 8>{}, row);
    for (; row + 4 <= rows; row += 4) f(std::integral_constant<int, 4>{}, row);
    for (; row + 2 <= rows; row += 2) f(std::integral_constant<int, 2>{}, row);
    for (; row < rows; ++row) f(std::integral_constant<int, 1>{}, row);
}

// The widths of tiles beside R rows: what fits in 16 registers, and of 8 rows in 32.
template <int R, class F> SHOAL_INLINE void each_tile_beside(std::size_t run, F f) {
    if constexpr (R >= 4) each_tile<3, 2, 1>(run, f);
    else if constexpr (R == 2) each_tile<6, 3, 2, 1>(run, f);
    else each_tile<8, 4, 1>(run, f);
}

// One output row of `channels` channels: z(m, x) = Σ_k W(m, k) · in(x + tap k) + b(m).
template <class T, bool M>
void correlate(const T* theta, std::size_t W, std::size_t bias, std::size_t channels, const Windows& windows,
               const T* in, T* out) {
    each_row_tile<kWideTiles<T> ? 8 : 4>(channels, [&](auto R, std::size_t m) {
        each_tile_beside<R()>(windows.run, [&](auto C, std::size_t at) {
            window_tile<T, M, R(), C()>(theta, W + m * windows.n_taps, bias + m, windows, in + at * kLanes<T>,
                                        out + m * windows.out_plane + at * kLanes<T>);
        });
    });
}

template <class T, int R, int C>
SHOAL_INLINE void tap_tile(const Windows& windows, std::size_t k, std::size_t rows, const T* delta, const T* in,
                           T* sums) {
    constexpr std::size_t L = kLanes<T>;
    Vec<T> acc[R][C];
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) acc[r][c] = load(sums + (r * windows.n_taps + k + c) * L);
    for (std::size_t y = 0; y < rows; ++y) {
        const T* from[C];
        for (int c = 0; c < C; ++c) from[c] = in + windows.taps[k + c] + y * windows.in_row;
        const T* const d = delta + y * windows.out_row;
        for (std::size_t at = 0; at < windows.run * L; at += L) {
            Vec<T> x[C];
            for (int c = 0; c < C; ++c) x[c] = load(from[c] + at);
            for (int r = 0; r < R; ++r) {
                const Vec<T> v = load(d + r * windows.out_plane + at);
                for (int c = 0; c < C; ++c) acc[r][c] += v * x[c];
            }
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) store(sums + (r * windows.n_taps + k + c) * L, acc[r][c]);
}

// ∂J/∂W(m, k) += Σ over positions of δ(m, y, x) · in(y, x + tap k). `sums` has room for 4 · n_taps vectors. So
// many output rows at a time that they stay in the nearest cache while all taps pass by.
template <class T, bool M>
void correlate_outer(T* gradient, std::size_t W, std::size_t channels, const Windows& windows, const T* delta,
                     const T* in, T* sums) {
    constexpr std::size_t L = kLanes<T>, kRoom = 20 * 1024;
    each_row_tile(channels, [&](auto R, std::size_t m) {
        const std::size_t row = (R() + 1) * windows.run * L * sizeof(T);
        const std::size_t strip = std::max<std::size_t>(1, kRoom / row);
        std::fill(sums, sums + R() * windows.n_taps * L, T(0));
        for (std::size_t y = 0; y < windows.rows; y += strip)
            each_tile_beside<R()>(windows.n_taps, [&](auto C, std::size_t k) {
                tap_tile<T, R(), C()>(windows, k, std::min(strip, windows.rows - y),
                                      delta + m * windows.out_plane + y * windows.out_row, in + y * windows.in_row,
                                      sums);
            });
        for (std::size_t k = 0; k < windows.n_taps; ++k) {
            Vec<T> column[R()];
            for (int r = 0; r < R(); ++r) column[r] = load(sums + (r * windows.n_taps + k) * L);
            Parameters<T, M>::template add<R()>(gradient, W + m * windows.n_taps + k, windows.n_taps, column);
        }
    });
}

// ∂J/∂b(m) += Σ over `n` vectors of δ(m, …), in sums that do not wait for each other.
template <class T, bool M> void plane_sum(T* gradient, std::size_t m, const T* delta, std::size_t n) {
    constexpr std::size_t kSums = 4, L = kLanes<T>;
    Vec<T> acc[kSums] = {};
    std::size_t i = 0;
    for (; i + kSums <= n; i += kSums)
        for (std::size_t k = 0; k < kSums; ++k) acc[k] += load(delta + (i + k) * L);
    for (; i < n; ++i) acc[0] += load(delta + i * L);
    acc[0] = (acc[0] + acc[1]) + (acc[2] + acc[3]);
    Parameters<T, M>::template add<1>(gradient, m, 1, acc);
}

// The same over `steps` of `run` vectors, in an order that further steps of zeros do not change.
template <class T, bool M> void step_sum(T* gradient, std::size_t m, const T* delta, std::size_t steps,
                                         std::size_t run) {
    constexpr std::size_t kSums = 4, L = kLanes<T>;
    Vec<T> acc[kSums] = {};
    for (std::size_t t = 0; t < steps; ++t, delta += run * L)
        for (std::size_t i = 0; i < run; ++i) acc[i % kSums] += load(delta + i * L);
    acc[0] = (acc[0] + acc[1]) + (acc[2] + acc[3]);
    Parameters<T, M>::template add<1>(gradient, m, 1, acc);
}

template <class T, bool M, int R, int C>
SHOAL_INLINE void spread_tile(const T* theta, std::size_t W, std::size_t tap_step, std::size_t channels,
                              std::size_t n_taps, const T* delta, std::size_t run, T* out, std::size_t out_plane) {
    constexpr std::size_t L = kLanes<T>;
    Vec<T> acc[R][C] = {};
    for (std::size_t m = 0; m < channels; ++m) {
        Vec<T> x[C];
        for (int c = 0; c < C; ++c) x[c] = load(delta + (m * run + c) * L);
        for (int r = 0; r < R; ++r) {
            const Vec<T> w = Parameters<T, M>::get(theta, W + m * n_taps + r * tap_step);
            for (int c = 0; c < C; ++c) acc[r][c] += w * x[c];
        }
    }
    for (int r = 0; r < R; ++r)
        for (int c = 0; c < C; ++c) {
            T* const at = out + r * out_plane + c * L;
            store(at, load(at) + acc[r][c]);
        }
}

// Of one output row: ∂J/∂in(c, x + tap) += Σ_m W(m, c, tap) · δ(m, x), for `planes` input channels and the taps in
// one of them. `delta` is a panel: the row's run of each of `channels` output channels, one after the other.
template <class T, bool M>
void spread(const T* theta, std::size_t W, std::size_t channels, std::size_t planes, std::size_t in_plane,
            const Windows& windows, const T* delta, T* out) {
    const std::size_t taps = windows.n_taps / planes;
    each_row_tile(planes, [&](auto R, std::size_t c) {
        for (std::size_t k = 0; k < taps; ++k)
            each_tile_beside<R()>(windows.run, [&](auto C, std::size_t at) {
                spread_tile<T, M, R(), C()>(theta, W + c * taps + k, taps, channels, windows.n_taps,
                                            delta + at * kLanes<T>, windows.run,
                                            out + c * in_plane + windows.taps[k] + at * kLanes<T>, in_plane);
            });
    });
}

}  // namespace shoal::SHOAL_ISA
