// J and ∂J/∂θ of a group on a batch, penalties and clipping included: the twin of shoal/objective.py.
#pragma once

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "job.hpp"
#include "network.hpp"
#include "pool.hpp"
#include "solver.hpp"

namespace shoal::SHOAL_ISA {

// Columns that a block of a batch has at most: its activations stay in the nearest caches. A function of the
// architecture and the layout alone, since blocks decide the order in which a gradient is added up.
template <class T, bool LaneIsMember> std::size_t block_columns(const Network& network) {
    const std::size_t column = network.units() * kLanes<T> * sizeof(T);
    const std::size_t room = LaneIsMember ? 32 * 1024 : 256 * 1024;
    return std::clamp<std::size_t>(room / column / 3 * 3, 6, LaneIsMember ? 24 : 36);
}

// One batch laid out in columns, block after block: x (inputs rows), y (outputs rows), share (1 row).
template <class T> class Packed {
  public:
    Packed(std::size_t rows, std::size_t columns, std::size_t block) : rows_(rows), block_(block) {
        memory_.resize(rows * columns * kLanes<T> + 64 / sizeof(T));
        const std::uintptr_t at = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 63) / 64 * 64;
        data_ = reinterpret_cast<T*>(at);
    }
    // Where row 0 of a block lies; its rows are as wide as the block.
    T* block(std::size_t index) const { return data_ + index * block_ * rows_ * kLanes<T>; }

  private:
    std::size_t rows_, block_;
    std::vector<T> memory_;
    T* data_;
};

// The batch of a group: which samples, in which columns.
template <class T, bool LaneIsMember> struct Batch {
    static constexpr std::size_t per_column = LaneIsMember ? 1 : kLanes<T>;

    std::size_t samples = 0, block = 1;

    std::size_t columns() const { return (samples + per_column - 1) / per_column; }
    std::size_t blocks() const { return (columns() + block - 1) / block; }
    std::size_t first(std::size_t b) const { return b * block * per_column; }
    std::size_t count(std::size_t b) const { return std::min(samples - first(b), block * per_column); }
    std::size_t width(std::size_t b) const { return (count(b) + per_column - 1) / per_column; }
};

// Lays samples out in columns. `rows` names the samples of lane 0, 1, …: one list for all lanes where they
// share their batch or are samples of one member; null is 0, 1, 2, …. Lanes beyond the last sample repeat
// it with share 0: they overflow only where it does.
template <class T, bool LaneIsMember>
void pack(const Network& network, const Samples<T>& samples, const std::uint32_t* const* rows, bool same_rows,
          const T* const* weights, const T* scale, const Batch<T, LaneIsMember>& batch, Packed<T>& out) {
    constexpr std::size_t L = kLanes<T>;
    const std::size_t n = network.inputs, K = network.outputs;
    for (std::size_t b = 0; b < batch.blocks(); ++b) {
        const std::size_t width = batch.width(b), count = batch.count(b), stride = width * L;
        T *x = out.block(b), *y = x + n * stride, *share = y + K * stride;
        for (std::size_t s = 0; s < (LaneIsMember ? count : stride); ++s) {
            const std::size_t place = batch.first(b) + std::min(s, count - 1);
            if constexpr (LaneIsMember) {
                for (std::size_t lane = 0; lane < L; ++lane) {
                    const std::size_t row = rows ? rows[lane][place] : place;
                    share[s * L + lane] = weights[lane][row] * scale[lane];
                    if (same_rows && lane > 0) continue;
                    for (std::size_t i = 0; i < n; ++i) x[i * stride + s * L + lane] = samples.X[row * n + i];
                    for (std::size_t k = 0; k < K; ++k) y[k * stride + s * L + lane] = samples.y[k * samples.n + row];
                }
                if (!same_rows) continue;
                for (std::size_t i = 0; i < n + K; ++i) {
                    T* column = x + i * stride + s * L;
                    store(column, splat(column[0]));
                }
            } else {
                const std::size_t row = rows ? rows[0][place] : place;
                for (std::size_t i = 0; i < n; ++i) x[i * stride + s] = samples.X[row * n + i];
                for (std::size_t k = 0; k < K; ++k) y[k * stride + s] = samples.y[k * samples.n + row];
                share[s] = s < count ? weights[0][row] * scale[0] : T(0);
            }
        }
    }
}

// The strengths of a group's members, and what its objective needs of them.
template <class T> struct Strengths {
    Vec<T> l2_by_m, l1_by_m;  // l2/m and l1/m
    bool any_l2, any_l1;
    T clip_norm;  // 0: none
};

template <class T, bool LaneIsMember> class BatchObjective final : public Objective<T> {
  public:
    using V = Vec<T>;

    BatchObjective(const Network& network, Space<T> space, Strengths<T> strengths, const T* weight_mask,
                   std::size_t block, std::size_t threads)
        : network_(network), space_(space), strengths_(strengths), weight_mask_(weight_mask), threads_(threads) {
        passes_.reserve(threads);
        for (std::size_t i = 0; i < threads; ++i) passes_.emplace_back(network, block);
    }

    // The batch that J is about from now on, and the dropout of its step (null keys: no dropout).
    void see(const Packed<T>& packed, const Batch<T, LaneIsMember>& batch, const std::uint64_t* keys,
             std::uint64_t step) {
        packed_ = &packed, batch_ = batch, keys_ = keys, step_ = step;
    }

    V operator()(const T* theta, T* gradient) override {
        std::fill(gradient, gradient + space_.n * kLanes<T>, T(0));
        V J = threads_ > 1 && batch_.blocks() > 1 ? parallel(theta, gradient) : serial(theta, gradient);
        J = space_.fold(J);
        if (strengths_.any_l2 || strengths_.any_l1) J += penalties(theta, gradient);
        if (strengths_.clip_norm > 0) clip(gradient);
        return J;
    }

    // Outputs z of a block of a batch, without dropout.
    T* outputs(const T* theta, const Packed<T>& packed, const Batch<T, LaneIsMember>& batch, std::size_t b) {
        Pass<T, LaneIsMember>& pass = passes_[0];
        pass.bind(packed.block(b), batch.width(b));
        return pass.forward(theta, batch.width(b), nullptr);
    }

  private:
    V block(Pass<T, LaneIsMember>& pass, const T* theta, T* gradient, std::size_t b) {
        const std::size_t width = batch_.width(b);
        const Noise noise{keys_, step_, batch_.first(b), batch_.count(b), batch_.samples};
        pass.bind(packed_->block(b), width);
        const T* z = pass.forward(theta, width, keys_ ? &noise : nullptr);
        return pass.backward(theta, gradient, width, keys_ != nullptr, z);
    }

    V serial(const T* theta, T* gradient) {
        V J{};
        for (std::size_t b = 0; b < batch_.blocks(); ++b) J += block(passes_[0], theta, gradient, b);
        return J;
    }

    // Blocks on several threads, each with a gradient of its own; added up in the order of the blocks, which
    // gives the bits of `serial`.
    V parallel(const T* theta, T* gradient) {
        const std::size_t size = space_.n * kLanes<T>, blocks = batch_.blocks();
        if (partial_.size() < blocks * size) partial_.resize(blocks * size), J_.resize(blocks);
        std::atomic<std::size_t> ticket{0};
        const std::size_t used = std::min(threads_, blocks);
        share_out(used, used, [&](std::size_t worker) {
            for (std::size_t b; (b = ticket.fetch_add(1, std::memory_order_relaxed)) < blocks;) {
                T* own = partial_.data() + b * size;
                std::fill(own, own + size, T(0));
                J_[b] = block(passes_[worker], theta, own, b);
            }
        });
        const std::size_t slices = size * blocks > 65536 ? used : 1, n = space_.n;
        share_out(slices, slices, [&](std::size_t slice) {
            for (std::size_t d = n * slice / slices * kLanes<T>; d < n * (slice + 1) / slices * kLanes<T>;
                 d += kLanes<T>) {
                V total{};
                for (std::size_t b = 0; b < blocks; ++b) total += load(partial_.data() + b * size + d);
                store(gradient + d, total);
            }
        });
        V J{};
        for (std::size_t b = 0; b < blocks; ++b) J += J_[b];
        return J;
    }

    // l2/(2m) Σ W² + l1/m Σ |W|, whose gradients l2/m W + l1/m sign W are added.
    V penalties(const T* theta, T* gradient) {
        V squares{}, sizes{};
        const V zero{}, one = splat(T(1)), l2 = strengths_.l2_by_m, l1 = strengths_.l1_by_m;
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>) {
            const V weight = load(weight_mask_ + d), w = select<V>(weight != zero, load(theta + d), zero);
            squares += w * w, sizes += abs(w);
            const V sign = select<V>(w > zero, one, select<V>(w < zero, -one, zero));
            // A strength of 0 adds nothing, whatever the weight: 0 · ∞ would be NaN.
            const V pull = select<V>(l2 != zero, l2 * w, zero) + select<V>(l1 != zero, l1 * sign, zero);
            store(gradient + d, load(gradient + d) + pull);
        }
        const V half = splat(T(0.5));
        return select<V>(l2 != zero, half * l2 * space_.fold(squares), zero) +
               select<V>(l1 != zero, l1 * space_.fold(sizes), zero);
    }

    // g ← g · min(1, clip/‖g‖), the norm taken of g/max|g| so that no square overflows.
    void clip(T* gradient) {
        V largest{};
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>)
            largest = max(largest, abs(load(gradient + d)));
        largest = max(space_.fold_max(largest), splat(std::numeric_limits<T>::min()));
        V squares{};
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>) {
            const V g = load(gradient + d) / largest;
            squares += g * g;
        }
        V norm = space_.fold(squares);
        for (int i = 0; i < kLanes<T>; ++i) norm[i] = std::sqrt(norm[i]);
        const V scale = min(splat(T(1)), splat(strengths_.clip_norm) / largest / max(norm, splat(T(1))));
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>)
            store(gradient + d, load(gradient + d) * scale);
    }

    const Network& network_;
    Space<T> space_;
    Strengths<T> strengths_;
    const T* weight_mask_;
    std::size_t threads_;
    std::vector<Pass<T, LaneIsMember>> passes_;
    std::vector<T> partial_;
    std::vector<V> J_;
    const Packed<T>* packed_ = nullptr;
    Batch<T, LaneIsMember> batch_;
    const std::uint64_t* keys_ = nullptr;
    std::uint64_t step_ = 0;
};

}  // namespace shoal::SHOAL_ISA
