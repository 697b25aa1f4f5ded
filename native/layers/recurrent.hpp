// A recurrent layer: a cell that is taken over the steps of a sequence and hands its state on. The compiled twin of
// shoal/layers/recurrent.py.
//
//     z_t = W x_t + R h_{t−1} + b,  h_t = cell(z_t, h_{t−1})
//
// Steps lie one after the other here, each with its x beside the state before it: what a step works with is in the nearest
// caches, and between steps nothing but the way back's needs is written. No step beyond the block's longest sequence is
// taken.
#pragma once

#include <algorithm>

#include "cells.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember, class Cell> class RecurrentStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;

    RecurrentStage(const Layer& layer, std::size_t columns, Tools<T>& tools)
        : layer_(layer), of_(layer.recurrence), tools_(tools), parts_(Cell::parts(of_.units)),
          packed_(packed_size<T, LaneIsMember, Cell>(of_)), z_(Cell::kUnits * Cell::kSums * columns * lanes),
          all_(columns * lanes), a_(layer.units * columns * lanes), slots_(2 * slot(columns)), kept_(kept(columns)) {
        std::fill(all_.data(), all_.data() + all_.size(), static_cast<T>(of_.steps));
    }

    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        columns_ = columns;
        if (context.seen && !grad_.size()) make_room();
        each_ = context.seen ? 1 : 0;
        lengths_ = context.lengths ? context.lengths : all_.data();
        taken_ = longest(lengths_, columns);
        pack_forward<T, LaneIsMember, Cell>(theta, layer_, packed_.data());
        begin(theta);
        for (std::size_t s = 0; s < taken_; ++s) {
            T* const row = before(s);
            for (std::size_t c = 0; c < of_.channels; ++c)
                copy(row + c * row_size(), in + (c * of_.steps + step(s)) * row_size(), 1);
            take(s);
            if (of_.return_sequences) put_output(s);
        }
        if (!of_.return_sequences) copy(a_.data(), state(before(taken_)), of_.units);
        else clear_after(a_.data(), of_.units);
        return a_.data();
    }

    const T* lengths_after(const T* lengths) const override { return of_.return_sequences ? lengths : nullptr; }

    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        columns_ = columns;
        prepare(theta, to_input);
        if (!of_.return_sequences) copy(grad_.data(), grad.here, of_.units);
        if (to_input) std::fill(grad.spare, grad.spare + layer_.inputs * row_size(), T(0));
        for (std::size_t s = taken_; s-- > 0;) {
            if (of_.return_sequences) add_output(s, grad.here);
            back(s, grad, to_input);
            differentiate(before(s));
        }
        finish(gradient);
        if (to_input) grad.swap();
    }

  private:
    static constexpr std::size_t kOfState = Cell::kParts;

    std::size_t row_size() const { return columns_ * lanes; }
    std::size_t slot(std::size_t columns) const { return (of_.channels + Cell::kStates * of_.units) * columns * lanes; }
    std::size_t kept(std::size_t columns) const { return Cell::kKept * of_.units * columns * lanes; }

    // Step number s of the walk, in the order of the input.
    std::size_t step(std::size_t s) const { return of_.reverse ? taken_ - 1 - s : s; }
    // x and the state before it: of all steps in training, else of two in turn.
    T* before(std::size_t s) const { return slots_.data() + (each_ ? s : s % 2) * slot(columns_); }
    T* state(T* slot) const { return slot + of_.channels * row_size(); }
    T* kept_of(std::size_t s) const { return kept_.data() + each_ * s * kept(columns_); }
    MaskOf<T> valid(std::size_t s, std::size_t i) const { return has_step(lengths_ + i, step(s)); }

    void copy(T* to, const T* from, std::size_t rows) const { std::memcpy(to, from, rows * row_size() * sizeof(T)); }

    // For training: predictions have no way back.
    void make_room() {
        const std::size_t columns = all_.size() / lanes, rows = Cell::kDeltas * of_.units;
        slots_ = Aligned<T>((of_.steps + 1) * slot(columns));
        kept_ = Aligned<T>(of_.steps * kept(columns));
        grad_ = Aligned<T>(Cell::kStates * of_.units * columns * lanes);
        delta_ = Aligned<T>(rows * columns * lanes), sums_ = Aligned<T>(rows * lanes);
        own_ = Aligned<T>((numbers_of_W() + numbers_of_R()) * kEach<T, LaneIsMember>);
        R_ = Aligned<T>(packed_.size()), W_ = Aligned<T>(packed_.size());
    }

    // The state in front of the first step: zeros, or learnt.
    void begin(const T* theta) {
        T* const to = state(before(0));
        const std::size_t n = row_size();
        std::fill(to, to + Cell::kStates * of_.units * n, T(0));
        for (std::size_t k = 0; k < Cell::kStates; ++k)
            for (std::size_t u = 0; beginning(k) && u < of_.units; ++u)
                for (std::size_t i = 0; i < n; i += lanes)
                    store(to + (k * of_.units + u) * n + i, Theta::get(theta, *beginning(k) + u));
    }
    const std::optional<std::size_t>& beginning(std::size_t k) const { return k ? of_.c0 : of_.h0; }

    Unit<T> unit(std::size_t s, std::size_t u) {
        const std::size_t at = u * row_size();
        return {&layer_,
                columns_,
                of_.units * row_size(),
                lengths_,
                step(s),
                state(before(s)) + at,
                state(before(s + 1)) + at,
                kept_of(s) + at,
                grad_.data() + at,
                delta_.data() + at};
    }

    void take(std::size_t s) {
        const std::size_t sums = Cell::kUnits * Cell::kSums;
        const std::size_t tile =
            (sums + Cell::kUnits * Cell::kWeights * (of_.channels + of_.units)) * kEach<T, LaneIsMember>;
        const T* packed = packed_.data();
        for (std::size_t first = 0; first < of_.units; first += Cell::kUnits, packed += tile) {
            step_sums<T, LaneIsMember, Cell>(packed, of_, before(s), columns_, z_.data());
            for (std::size_t u = first; u < std::min(first + Cell::kUnits, of_.units); ++u)
                Cell::forward(z_.data() + (u - first) * Cell::kSums * row_size(), unit(s, u));
        }
    }

    T* output(T* rows, std::size_t u, std::size_t t) const { return rows + (u * of_.steps + t) * row_size(); }

    // Outputs beyond a sequence's end are 0.
    void put_output(std::size_t s) {
        const T* const h = state(before(s + 1));
        for (std::size_t u = 0; u < of_.units; ++u)
            for (std::size_t i = 0; i < row_size(); i += lanes)
                store(output(a_.data(), u, step(s)) + i, select<V>(valid(s, i), load(h + u * row_size() + i), V{}));
    }
    void clear_after(T* rows, std::size_t units) const {
        for (std::size_t u = 0; u < units; ++u) std::fill(output(rows, u, taken_), output(rows, u, of_.steps), T(0));
    }
    void add_output(std::size_t s, T* grad) {
        for (std::size_t u = 0; u < of_.units; ++u)
            for (std::size_t i = 0; i < row_size(); i += lanes) {
                T* const to = grad_.data() + u * row_size() + i;
                store(to, load(to) + select<V>(valid(s, i), load(output(grad, u, step(s)) + i), V{}));
            }
    }

    void prepare(const T* theta, bool to_input) {
        std::fill(grad_.data(), grad_.data() + grad_.size(), T(0));
        std::fill(sums_.data(), sums_.data() + sums_.size(), T(0));
        std::fill(own_.data(), own_.data() + own_.size(), T(0));
        pack_transposed<T, LaneIsMember>(theta, layer_.R, of_.units, parts_.of_state_, R_.data());
        if (to_input) pack_transposed<T, LaneIsMember>(theta, layer_.W, of_.channels, parts_.of_input, W_.data());
    }

    // ∂J/∂(state before) = what passes by + Rᵀ δ,  ∂J/∂x = Wᵀ δ.
    void back(std::size_t s, Gradients<T>& grad, bool to_input) {
        for (std::size_t u = 0; u < of_.units; ++u) Cell::backward(unit(s, u));
        step_back<T, LaneIsMember>(R_.data(), of_.units, parts_.of_state_, delta_.data(), columns_, grad_.data(),
                                   row_size());
        if (to_input)
            step_back<T, LaneIsMember>(W_.data(), of_.channels, parts_.of_input, delta_.data(), columns_,
                                       grad.spare + step(s) * row_size(), of_.steps * row_size());
    }

    // ∂J/∂W += δ xᵀ,  ∂J/∂R += δ hᵀ, with δ still in the nearest caches; ∂J/∂b is added up in lanes.
    void differentiate(const T* slot) {
        const Rows<const T> x{slot, columns_}, h{slot + of_.channels * row_size(), columns_};
        for (const Part& part : parts_.of_input) add_outer(0, part, of_.channels, x);
        for (const Part& part : parts_.of_state_) add_outer(numbers_of_W(), part, of_.units, h);
        for (std::size_t row = 0; row < Cell::kDeltas * of_.units; ++row) {
            V sum = load(sums_.data() + row * lanes);
            for (std::size_t i = 0; i < row_size(); i += lanes) sum += load(delta_.data() + row * row_size() + i);
            store(sums_.data() + row * lanes, sum);
        }
    }

    void add_outer(std::size_t matrix, const Part& part, std::size_t inner, Rows<const T> in) {
        const Rows<const T> delta{delta_.data() + part.of_delta * row_size(), columns_};
        const std::size_t first = matrix + part.of_theta * inner;
        if constexpr (LaneIsMember) outer_sum<T, true>(own_.data(), first, part.rows, inner, delta, in, columns_);
        else wide_outer_sum<T>(own_.data() + first, 0, part.rows, inner, delta, in, columns_, tools_[0]);
    }

    std::size_t numbers_of_W() const { return Cell::kWeights * of_.units * of_.channels; }
    std::size_t numbers_of_R() const { return Cell::kWeights * of_.units * of_.units; }

    // Adds each number to the gradient once, whatever lies there: so blocks may be added up apart.
    void finish(T* gradient) {
        const auto add = [&](std::size_t place, std::size_t first, std::size_t numbers) {
            constexpr std::size_t each = kEach<T, LaneIsMember>;
            for (std::size_t i = 0; i < numbers * each; ++i)
                gradient[place * each + i] += own_.data()[first * each + i];
        };
        add(layer_.W, 0, numbers_of_W()), add(layer_.R, numbers_of_W(), numbers_of_R());
        const Rows<const T> sums{sums_.data(), 1};
        const std::size_t weights = Cell::kWeights * of_.units;
        row_sum<T, LaneIsMember>(gradient, layer_.b, weights, sums, 1);
        if (Cell::kDeltas > Cell::kWeights)
            row_sum<T, LaneIsMember>(gradient, layer_.c, of_.units, {sums.at(weights, 0), 1}, 1);
        for (std::size_t k = 0; k < Cell::kStates; ++k)
            if (beginning(k))
                row_sum<T, LaneIsMember>(gradient, *beginning(k), of_.units,
                                         {grad_.data() + k * of_.units * row_size(), columns_}, columns_);
    }

    const Layer& layer_;
    const Recurrence& of_;
    Tools<T>& tools_;
    const Parts<kOfState> parts_;
    Aligned<T> packed_, z_, all_, a_, slots_, kept_, grad_, delta_, sums_, own_, R_, W_;
    const T* lengths_ = nullptr;
    std::size_t columns_ = 0, taken_ = 0, each_ = 0;
};

}  // namespace shoal::SHOAL_ISA
