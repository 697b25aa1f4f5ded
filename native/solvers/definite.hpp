// Symmetric, positive definite matrices of a group, one of each member in its lane: the twin of shoal/solvers/definite.py.
//
// A matrix that is not positive definite, or not finite, gives NaN or infinities in its lane and disturbs no other. Numbers
// are double whatever T: what a factor loses, a damping has to make up for.
#pragma once

#include <algorithm>

#include "../table.hpp"
#include "vectors.hpp"

namespace shoal::SHOAL_ISA {

// One number of each member, and where it lies.
template <class T> SHOAL_INLINE Wide<T> load_wide(const double* from) {
    Wide<T> v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
template <class T> SHOAL_INLINE void store_wide(double* to, Wide<T> v) { std::memcpy(to, &v, sizeof v); }

constexpr std::size_t kTile = 4;

// Rows of a tile that are worked on at once: their sums stay in registers.
#if defined(__AVX512F__)
constexpr std::size_t kRowsAtOnce = 4;
#else
constexpr std::size_t kRowsAtOnce = 2;
#endif

inline std::size_t tiles_of(std::size_t n) { return (n + kTile - 1) / kTile; }

// The lower triangles of n × n matrices, tile row after tile row: tiles on the diagonal are whole, and n is filled up.
template <class T> class Triangle {
  public:
    static constexpr std::size_t L = kLanes<T>;

    Triangle() = default;
    explicit Triangle(std::size_t n)
        : n_(n), tiles_(tiles_of(n)), numbers_(kTile * kTile * tiles_ * (tiles_ + 1) / 2 * L) {}

    std::size_t n() const { return n_; }
    std::size_t tiles() const { return tiles_; }

    // Entry (i, j), for j up to the end of i's tile on the diagonal.
    double* at(std::size_t i, std::size_t j) const {
        const std::size_t r = i / kTile, before = kTile * kTile * r * (r + 1) / 2;
        return numbers_.data() + (before + i % kTile * kTile * (r + 1) + j) * L;
    }
    Wide<T> operator()(std::size_t i, std::size_t j) const { return load_wide<T>(at(i, j)); }
    void set(std::size_t i, std::size_t j, Wide<T> value) { store_wide<T>(at(i, j), value); }

    void clear() { std::fill(numbers_.data(), numbers_.data() + numbers_.size(), 0.0); }

    Wide<T> largest_on_diagonal() const {
        Wide<T> largest = (*this)(0, 0);
        for (std::size_t i = 1; i < n_; ++i) largest = max((*this)(i, i), largest);
        return largest;
    }

    // The sum of all entries, which is finite only if each of them is.
    Wide<T> sum() const {
        Wide<T> total{};
        for (std::size_t i = 0; i < numbers_.size(); i += L) total += load_wide<T>(numbers_.data() + i);
        return total;
    }

    // Entry (i, i) += value for the first n of them.
    template <class F> void add_to_diagonal(F value) {
        for (std::size_t i = 0; i < n_; ++i) set(i, i, (*this)(i, i) + value(i));
    }

    // this += Σ v vᵀ over `count` vectors v, each of whole tiles, which lie one after the other.
    void add_squares(const double* vectors, std::size_t count) {
        for (std::size_t r = 0; r < tiles_; ++r)
            for (std::size_t half = 0; half < kTile; half += kRowsAtOnce)
                for (std::size_t c = 0; c <= r; ++c) add_to_tile(vectors, count, kTile * r + half, kTile * c);
    }

  private:
    void add_to_tile(const double* vectors, std::size_t count, std::size_t i, std::size_t j) {
        Wide<T> sums[kRowsAtOnce][kTile];
        for (std::size_t a = 0; a < kRowsAtOnce; ++a)
            for (std::size_t b = 0; b < kTile; ++b) sums[a][b] = (*this)(i + a, j + b);
        for (std::size_t v = 0; v < count; ++v) {
            const double* const vector = vectors + v * kTile * tiles_ * L;
            Wide<T> right[kTile];
            for (std::size_t b = 0; b < kTile; ++b) right[b] = load_wide<T>(vector + (j + b) * L);
            for (std::size_t a = 0; a < kRowsAtOnce; ++a) {
                const Wide<T> left = load_wide<T>(vector + (i + a) * L);
                for (std::size_t b = 0; b < kTile; ++b) sums[a][b] += left * right[b];
            }
        }
        for (std::size_t a = 0; a < kRowsAtOnce; ++a)
            for (std::size_t b = 0; b < kTile; ++b) set(i + a, j + b, sums[a][b]);
    }

    std::size_t n_ = 0, tiles_ = 0;
    Aligned<double> numbers_;
};

// L with L Lᵀ = s A + μ I, and what it is good for.
template <class T> class Factor {
  public:
    static constexpr std::size_t L = kLanes<T>;
    using W = Wide<T>;

    Factor() = default;
    explicit Factor(std::size_t n) : lower_(n), inverse_(tiles_of(n) * kTile * L), column_(inverse_.size() * kTile) {}

    // Cholesky's factor, row after row: L_ij = (s A_ij + [i = j] μ − Σ_{k<j} L_ik L_jk) / L_jj.
    void take(const Triangle<T>& A, W scale, W mu) {
        for (std::size_t r = 0; r < lower_.tiles(); ++r)
            for (std::size_t c = 0; c <= r; ++c)
                for (std::size_t half = 0; half < kTile; half += kRowsAtOnce)
                    take_tile(A, scale, mu, kTile * r + half, kTile * c);
    }

    // x ← (L Lᵀ)⁻¹ x for vectors of whole tiles:  L y = x,  Lᵀ x = y.
    void solve(double* x) const {
        const std::size_t size = lower_.tiles() * kTile;
        for (std::size_t i = 0; i < size; i += kTile) {
            W sums[kTile];
            for (std::size_t a = 0; a < kTile; ++a) sums[a] = load_wide<T>(x + (i + a) * L);
            for (std::size_t k = 0; k < i; ++k)
                for (std::size_t a = 0; a < kTile; ++a) sums[a] -= lower_(i + a, k) * load_wide<T>(x + k * L);
            for (std::size_t a = 0; a < kTile; ++a) {
                for (std::size_t k = 0; k < a; ++k) sums[a] -= lower_(i + a, i + k) * sums[k];
                sums[a] *= inverse(i + a);
                store_wide<T>(x + (i + a) * L, sums[a]);
            }
        }
        for (std::size_t end = size; end > 0; end -= kTile) {
            const std::size_t i = end - kTile;
            W found[kTile];
            for (std::size_t a = kTile; a-- > 0;) {
                found[a] = load_wide<T>(x + (i + a) * L);
                for (std::size_t k = a + 1; k < kTile; ++k) found[a] -= lower_(i + k, i + a) * found[k];
                found[a] *= inverse(i + a);
                store_wide<T>(x + (i + a) * L, found[a]);
            }
            for (std::size_t k = 0; k < i; ++k) {
                W rest = load_wide<T>(x + k * L);
                for (std::size_t a = 0; a < kTile; ++a) rest -= lower_(i + a, k) * found[a];
                store_wide<T>(x + k * L, rest);
            }
        }
    }

    // The trace of (L Lᵀ)⁻¹, the sum of the squares of L⁻¹, of which four columns are made at a time.
    W trace_of_inverse() {
        W trace{};
        for (std::size_t j = 0; j < lower_.n(); j += kTile)
            for (std::size_t i = j; i < lower_.n(); i += kTile) trace += squares_of_inverse(i, j);
        return trace;
    }

  private:
    W inverse(std::size_t i) const { return load_wide<T>(inverse_.data() + i * L); }

    // Rows i … of a tile of L, in columns j ….
    void take_tile(const Triangle<T>& A, W scale, W mu, std::size_t i, std::size_t j) {
        W sums[kRowsAtOnce][kTile];
        for (std::size_t a = 0; a < kRowsAtOnce; ++a)
            for (std::size_t b = 0; b < kTile; ++b) {
                sums[a][b] = scale * A(i + a, j + b);
                if (i + a == j + b) sums[a][b] += i + a < A.n() ? mu : 1.0 - W{};  // what fills up is the identity
            }
        for (std::size_t k = 0; k < j; ++k) {
            W right[kTile];
            for (std::size_t b = 0; b < kTile; ++b) right[b] = lower_(j + b, k);
            for (std::size_t a = 0; a < kRowsAtOnce; ++a) {
                const W left = lower_(i + a, k);
                for (std::size_t b = 0; b < kTile; ++b) sums[a][b] -= left * right[b];
            }
        }
        for (std::size_t a = 0; a < kRowsAtOnce; ++a)
            for (std::size_t b = 0; b < kTile && j + b <= i + a; ++b) {
                for (std::size_t k = 0; k < b; ++k)
                    sums[a][b] -= sums[a][k] * (j + b == i + a ? sums[a][k] : lower_(j + b, j + k));
                if (j + b == i + a) {
                    sums[a][b] = square_root<W>(sums[a][b]);
                    store_wide<T>(inverse_.data() + (i + a) * L, 1.0 / sums[a][b]);
                } else {
                    sums[a][b] *= inverse(j + b);
                }
                lower_.set(i + a, j + b, sums[a][b]);
            }
    }

    // Makes the tile (i, j) of L⁻¹, whose tiles above it have been made, and returns the sum of its squares.
    W squares_of_inverse(std::size_t i, std::size_t j) {
        W trace{};
        for (std::size_t half = 0; half < kTile; half += kRowsAtOnce) {
            W sums[kRowsAtOnce][kTile];
            for (std::size_t a = 0; a < kRowsAtOnce; ++a)
                for (std::size_t b = 0; b < kTile; ++b) sums[a][b] = (i + half + a == j + b ? 1.0 : 0.0) - W{};
            for (std::size_t k = j; k < i + half; ++k)
                for (std::size_t a = 0; a < kRowsAtOnce; ++a) {
                    const W left = lower_(i + half + a, k);
                    for (std::size_t b = 0; b < kTile; ++b) sums[a][b] -= left * load_wide<T>(made(k, b));
                }
            for (std::size_t a = 0; a < kRowsAtOnce; ++a)
                for (std::size_t b = 0; b < kTile; ++b) {
                    const std::size_t row = i + half + a;
                    for (std::size_t k = 0; k < a; ++k) sums[a][b] -= lower_(row, i + half + k) * sums[k][b];
                    sums[a][b] *= inverse(row);
                    store_wide<T>(made(row, b), sums[a][b]);
                    if (row < lower_.n() && j + b < lower_.n()) trace += sums[a][b] * sums[a][b];
                }
        }
        return trace;
    }

    double* made(std::size_t row, std::size_t column) { return column_.data() + (row * kTile + column) * L; }

    Triangle<T> lower_;
    Aligned<double> inverse_;  // 1 / L_ii
    Aligned<double> column_;   // four columns of L⁻¹
};

// How J of the members of a group bends: shoal/solvers/base.py's CurvedObjective. Nobody keeps it from step to step.
template <class T> struct Curvature {
    Triangle<T> hessian;                 // Gauss and Newton's
    Factor<T> factor;                    // room for one of it
    Wide<T> noise_scale{}, n_numbers{};  // of each member
};

}  // namespace shoal::SHOAL_ISA
