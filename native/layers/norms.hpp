// Layer normalisation inside a recurrent layer: W x and R h of a step are each brought to mean 0 and variance 1 over the
// rows of all gates, and of an LSTM the cell over its units before it is read.
//
//     z_t = γ_W LN(W x_t) + b,  u_t = γ_R LN(R h_{t−1}),  of an LSTM h_t = o tanh(γ_c LN(c_t) + β_c)
//
// No sum is known before all rows of a step are, so that products go to memory here instead of staying in a tile.
#pragma once

#include <cmath>

#include "cells.hpp"
#include "outer.hpp"

namespace shoal::SHOAL_ISA {

// One norm, â = (v − μ) / √(σ² + ε) over so many rows of each column, at every step of a walk; γ and β begin there in θ.
template <class T, bool LaneIsMember> class StepNorm {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;

    StepNorm(std::size_t rows, double epsilon, std::size_t gamma, std::optional<std::size_t> beta, std::size_t columns)
        : rows_(rows), gamma_(gamma), beta_(beta), epsilon_(static_cast<T>(epsilon)),
          hat_((rows + 1) * columns * lanes) {}

    // For the way back, which needs all steps.
    void make_room(std::size_t steps, std::size_t columns) {
        hat_ = Aligned<T>(steps * (rows_ + 1) * columns * lanes);
        sums_ = Aligned<T>(2 * rows_ * lanes);
    }
    void clear() { std::fill(sums_.data(), sums_.data() + sums_.size(), T(0)); }

    // Where the rows of place s lie, which `forward` is given as they are and leaves normalised, and behind them 1 / √(σ² + ε).
    T* rows(std::size_t s, std::size_t columns) { return hat_.data() + s * (rows_ + 1) * columns * lanes; }

    void forward(std::size_t s, std::size_t columns, std::size_t width) {
        const Rows<T> hat{rows(s, columns), columns};
        for (std::size_t c = 0; c < width; ++c) {
            const V mu = mean([&](std::size_t k) { return load(hat.at(k, c)); });
            const V variance = mean([&](std::size_t k) {
                                   const V centred = load(hat.at(k, c)) - mu;
                                   return centred * centred;
                               }) +
                               splat(epsilon_);
            V scale;
            for (std::size_t lane = 0; lane < lanes; ++lane) scale[lane] = T(1) / std::sqrt(variance[lane]);
            store(hat.at(rows_, c), scale);
            for (std::size_t k = 0; k < rows_; ++k) store(hat.at(k, c), (load(hat.at(k, c)) - mu) * scale);
        }
    }

    // ∂J/∂v = (ĝ − mean ĝ − â · mean ĝ â) / √(σ² + ε) with ĝ = γ δ; ∂J/∂γ += Σ δ â, ∂J/∂β += Σ δ.
    void backward(const T* theta, std::size_t s, Rows<const T> delta, std::size_t width, Rows<T> to) {
        const Rows<const T> hat{rows(s, to.stride), to.stride};
        for (std::size_t k = 0; k < rows_; ++k) {
            V gamma = load(sums_.data() + 2 * k * lanes), beta = load(sums_.data() + (2 * k + 1) * lanes);
            for (std::size_t c = 0; c < width; ++c) {
                const V d = load(delta.at(k, c));
                gamma += d * load(hat.at(k, c)), beta += d;
            }
            store(sums_.data() + 2 * k * lanes, gamma), store(sums_.data() + (2 * k + 1) * lanes, beta);
        }
        for (std::size_t c = 0; c < width; ++c) {
            const auto scaled = [&](std::size_t k) { return Theta::get(theta, gamma_ + k) * load(delta.at(k, c)); };
            const V first = mean(scaled);
            const V second = mean([&](std::size_t k) { return scaled(k) * load(hat.at(k, c)); });
            const V scale = load(hat.at(rows_, c));
            for (std::size_t k = 0; k < rows_; ++k)
                store(to.at(k, c), scale * (scaled(k) - first - load(hat.at(k, c)) * second));
        }
    }

    void finish(T* gradient) {
        for (std::size_t k = 0; k < rows_; ++k) {
            V gamma = load(sums_.data() + 2 * k * lanes), beta = load(sums_.data() + (2 * k + 1) * lanes);
            Theta::template add<1>(gradient, gamma_ + k, 1, &gamma);
            if (beta_) Theta::template add<1>(gradient, *beta_ + k, 1, &beta);
        }
    }

    // γ â of a row, and β where there is one.
    SHOAL_INLINE V scaled(const T* theta, std::size_t k, V hat) const {
        const V v = Theta::get(theta, gamma_ + k) * hat;
        return beta_ ? v + Theta::get(theta, *beta_ + k) : v;
    }

  private:
    // Of f(k) over all rows, in sums that do not wait for each other.
    template <class F> SHOAL_INLINE V mean(F f) const {
        V even{}, odd{};
        std::size_t k = 0;
        for (; k + 2 <= rows_; k += 2) even += f(k), odd += f(k + 1);
        if (k < rows_) even += f(k);
        return (even + odd) / splat(static_cast<T>(rows_));
    }

    std::size_t rows_, gamma_;
    std::optional<std::size_t> beta_;
    T epsilon_;
    Aligned<T> hat_, sums_;
};

// All norms of a recurrent layer, and what stands in the place of products that need none.
template <class T, bool LaneIsMember, class Cell> class RecurrentNorms {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;
    using Norm = StepNorm<T, LaneIsMember>;

    RecurrentNorms(const Layer& layer, std::size_t columns)
        : layer_(layer), of_(layer.recurrence), rows_(Cell::kWeights * of_.units),
          of_input_(rows_, layer.epsilon, *of_.gamma_W, {}, columns),
          of_state_(rows_, layer.epsilon, *of_.gamma_R, {}, columns), W_(rows_ * of_.channels * kEach<T, LaneIsMember>),
          R_(rows_ * of_.units * kEach<T, LaneIsMember>) {
        if (of_.gamma_c) of_cell_.emplace(of_.units, layer.epsilon, *of_.gamma_c, of_.beta_c, columns);
    }

    void make_room(std::size_t steps, std::size_t columns) {
        of_input_.make_room(steps, columns), of_state_.make_room(steps, columns);
        if (of_cell_) of_cell_->make_room(steps, columns), through_ = Aligned<T>(of_.units * columns * lanes);
        to_input_ = Aligned<T>(rows_ * columns * lanes), to_state_ = Aligned<T>(rows_ * columns * lanes);
        b_sum_ = {rows_, 0, true, columns};
    }

    void pack_matrices(const T* theta) {
        pack_rows(theta, layer_.W, of_.channels, W_.data());
        pack_rows(theta, layer_.R, of_.units, R_.data());
    }

    // LN(W x) and LN(R h) of a step, kept at place s, from the rows of x and of what R multiplies.
    void sums(std::size_t s, const T* x, const T* h, std::size_t columns, std::size_t width) {
        product(W_.data(), of_.channels, x, columns, width, of_input_.rows(s, columns));
        product(R_.data(), of_.units, h, columns, width, of_state_.rows(s, columns));
        of_input_.forward(s, columns, width), of_state_.forward(s, columns, width);
    }

    // z of a unit as the cell takes it: kSums rows of `width` columns.
    void unit_sums(const T* theta, std::size_t s, std::size_t u, std::size_t columns, std::size_t width, T* z) {
        const Rows<const T> x{of_input_.rows(s, columns), columns}, h{of_state_.rows(s, columns), columns};
        const Rows<T> to{z, width};
        for (std::size_t g = 0; g < Cell::kWeights; ++g) {
            const std::size_t row = g * of_.units + u, of_state = Cell::of_state(g);
            const V b = Theta::get(theta, layer_.b + row);
            for (std::size_t c = 0; c < width; ++c) {
                const V from_x = of_input_.scaled(theta, row, load(x.at(row, c))) + b;
                const V from_h = of_state_.scaled(theta, row, load(h.at(row, c)));
                if (of_state != g) {
                    store(to.at(g, c), from_x);
                    store(to.at(of_state, c), from_h + Theta::get(theta, layer_.c + u));
                } else {
                    store(to.at(g, c), from_x + from_h);
                }
            }
        }
    }

    // What an LSTM reads of its new cells, h = o tanh(γ_c LN(c) + β_c), from a unit's rows at u = 0 and for all.
    void read(const T* theta, std::size_t s, const Unit<T>& first, std::size_t columns) {
        if (!of_cell_) return;
        const Rows<T> hat{of_cell_->rows(s, columns), columns};
        for (std::size_t u = 0; u < of_.units; ++u)
            std::memcpy(hat.at(u, 0), first.after + first.row + u * columns * lanes, first.numbers() * sizeof(T));
        of_cell_->forward(s, columns, first.columns);
        for (std::size_t u = 0; u < of_.units; ++u)
            for (std::size_t c = 0; c < first.columns; ++c) {
                const std::size_t at = (u * columns + c) * lanes;
                const V bent = tanh(of_cell_->scaled(theta, u, load(hat.at(u, c))));
                first.put(first.kept, 4, at, bent);
                first.put(first.after, 0, at,
                          select<V>(first.valid(c * lanes), first.get(first.kept, 3, at) * bent,
                                    first.get(first.before, 0, at)));
            }
    }

    // ∂J/∂c that comes by way of h, of all units: what cells find as `through`; null where they find it themselves.
    const T* read_back(const T* theta, std::size_t s, const Unit<T>& first, std::size_t columns) {
        if (!of_cell_) return nullptr;
        const Rows<T> through{through_.data(), columns};
        for (std::size_t u = 0; u < of_.units; ++u)
            for (std::size_t c = 0; c < first.columns; ++c) {
                const std::size_t at = (u * columns + c) * lanes;
                const V bent = first.get(first.kept, 4, at);
                const V to_read = first.get(first.grad, 0, at) * first.get(first.kept, 3, at) * (1 - bent * bent);
                store(through.at(u, c), select<V>(first.valid(c * lanes), to_read, V{}));
            }
        of_cell_->backward(theta, s, {through_.data(), columns}, first.columns, through);
        return through_.data();
    }

    // ∂J/∂(W x) and ∂J/∂(R h) from δ, whose rows for R are those parts.
    template <std::size_t parts>
    void back(const T* theta, std::size_t s, const T* delta, const Part (&of_state)[parts], std::size_t columns,
              std::size_t width, Panels<T>& panels) {
        b_sum_.add(whole(), delta, Rows<const T>{delta, columns}, width, panels);
        of_input_.backward(theta, s, {delta, columns}, width, {to_input_.data(), columns});
        for (const Part& part : of_state)
            std::memcpy(to_state_.data() + part.of_theta * columns * lanes, delta + part.of_delta * columns * lanes,
                        part.rows * columns * lanes * sizeof(T));
        of_state_.backward(theta, s, {to_state_.data(), columns}, width, {to_state_.data(), columns});
    }
    const T* to_input() const { return to_input_.data(); }
    const T* to_state() const { return to_state_.data(); }
    // All rows, which lie as they do in θ.
    const Part (&whole() const)[1] { return whole_; }

    void clear() {
        b_sum_.clear(), of_input_.clear(), of_state_.clear();
        if (of_cell_) of_cell_->clear();
    }
    void finish(T* gradient) {
        b_sum_.add_to(gradient, 0, layer_.b);
        of_input_.finish(gradient), of_state_.finish(gradient);
        if (of_cell_) of_cell_->finish(gradient);
    }

  private:
    // A matrix (rows, inner) for `step_back`, which multiplies by the transpose of what it is given.
    void pack_rows(const T* theta, std::size_t matrix, std::size_t inner, T* to) const {
        each_row_tile(rows_, [&](auto R, std::size_t row) {
            for (std::size_t k = 0; k < inner; ++k)
                for (std::size_t r = 0; r < R(); ++r) pack<T, LaneIsMember>(theta, matrix + (row + r) * inner + k, to);
        });
    }
    void product(const T* packed, std::size_t inner, const T* in, std::size_t columns, std::size_t width, T* to) const {
        std::fill(to, to + rows_ * columns * lanes, T(0));
        const Part of[]{{0, 0, inner}};
        step_back<T, LaneIsMember>(packed, rows_, of, in, columns, width, to, columns * lanes);
    }

    const Layer& layer_;
    const Recurrence& of_;
    const std::size_t rows_;
    const Part whole_[1]{{0, 0, rows_}};
    Norm of_input_, of_state_;
    std::optional<Norm> of_cell_;
    Aligned<T> W_, R_, through_, to_input_, to_state_;
    OuterSum<T, LaneIsMember> b_sum_;
};

}  // namespace shoal::SHOAL_ISA
