// A recurrent layer: a cell that is taken over the steps of a sequence and hands its state on. The compiled twin of
// shoal/layers/recurrent.py.
//
//     z_t = W x_t + R h_{t−1} + b,  h_t = cell(z_t, h_{t−1})
//
// Steps lie one after the other here, each with its x beside the state before it: what a step works with is in the nearest
// caches, and between steps nothing but the way back's needs is written. No step beyond the block's longest sequence is
// taken, and none in columns behind the last that has it: there the state is handed on as it is.
#pragma once

#include <algorithm>

#include "cells.hpp"
#include "dropout.hpp"
#include "norms.hpp"
#include "outer.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember, class Cell> class RecurrentStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;

    // `number` is the layer's place in the network, by which its draws are addressed.
    RecurrentStage(const Layer& layer, std::size_t number, std::size_t columns, Tools<T>& tools)
        : layer_(layer), of_(layer.recurrence), number_(number), tools_(tools), parts_(Cell::parts(of_.units)),
          packed_(packed_size<T, LaneIsMember, Cell>(of_)), z_(Cell::kUnits * Cell::kSums * columns * lanes),
          all_(columns * lanes), a_(layer.units * columns * lanes), slots_(2 * slot(columns)), kept_(kept(columns)),
          widths_(of_.steps) {
        std::fill(all_.data(), all_.data() + all_.size(), static_cast<T>(of_.steps));
        if (of_.gamma_W) norms_.emplace(layer, columns);
    }

    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        columns_ = columns;
        if (context.seen && !grad_.size()) make_room();
        each_ = context.seen ? 1 : 0;
        draw(context.seen);
        lengths_ = context.lengths ? context.lengths : all_.data();
        see_lengths();
        if (norms_) norms_->pack_matrices(theta);
        else pack_forward<T, LaneIsMember, Cell>(theta, layer_, packed_.data());
        begin(theta);
        for (std::size_t s = 0; s < taken_; ++s) {
            T* const row = before(s);
            for (std::size_t c = 0; c < of_.channels; ++c)
                copy(row + c * row_size(), in + (c * of_.steps + step(s)) * row_size(), 1);
            if (shows()) mask(seen(row), state(row));
            if (norms_) take_normed(theta, s);
            else take(s);
            hand_on(s);
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
            back(theta, s, grad, to_input);
            differentiate(s);
            if (of_.truncate) cut(s);
        }
        finish(gradient);
        if (to_input) grad.swap();
    }

  private:
    static constexpr std::size_t kOfState = Cell::kParts;
    static constexpr bool kHasC = Cell::kDeltas > Cell::kWeights;

    std::size_t row_size() const { return columns_ * lanes; }
    std::size_t slot(std::size_t columns) const {
        return (of_.channels + (shows() + Cell::kStates) * of_.units) * columns * lanes;
    }
    // Whether what R multiplies is not the state itself, and lies in front of it.
    bool shows() const { return Cell::kMasksState && of_.dropout > 0; }
    std::size_t kept(std::size_t columns) const { return Cell::kKept * of_.units * columns * lanes; }

    // Step number s of the walk, in the order of the input.
    std::size_t step(std::size_t s) const { return of_.reverse ? taken_ - 1 - s : s; }
    // x and the state before it: of all steps in training, else of two in turn.
    T* before(std::size_t s) const { return slots_.data() + (each_ ? s : s % 2) * slot(columns_); }
    T* seen(T* slot) const { return slot + of_.channels * row_size(); }
    T* state(T* slot) const { return seen(slot) + shows() * of_.units * row_size(); }
    T* kept_of(std::size_t s) const { return kept_.data() + each_ * s * kept(columns_); }
    MaskOf<T> valid(std::size_t s, std::size_t i) const { return has_step(lengths_ + i, step(s)); }
    // Columns up to the last that has a step.
    std::size_t width(std::size_t s) const { return widths_[step(s)]; }

    void copy(T* to, const T* from, std::size_t rows) const { std::memcpy(to, from, rows * row_size() * sizeof(T)); }

    void see_lengths() {
        taken_ = longest(lengths_, columns_), shortest_ = shortest(lengths_, columns_);
        std::fill(widths_.begin(), widths_.end(), 0);
        for (std::size_t c = 0; c < columns_; ++c)
            for (std::size_t t = 0; t < longest(lengths_ + c * lanes, 1); ++t) widths_[t] = c + 1;
    }

    // For training: predictions have no way back.
    void make_room() {
        const std::size_t columns = all_.size() / lanes, rows = Cell::kDeltas * of_.units, m = of_.units;
        slots_ = Aligned<T>((of_.steps + 1) * slot(columns));
        kept_ = Aligned<T>(of_.steps * kept(columns));
        grad_ = Aligned<T>(Cell::kStates * m * columns * lanes), delta_ = Aligned<T>(rows * columns * lanes);
        W_sum_ = {Cell::kWeights * m, of_.channels, !norms_, columns};
        R_sum_ = {Cell::kWeights * m, m, false, columns};
        if (kHasC) c_sum_ = {m, 0, true, columns};
        if (of_.dropout > 0) mask_ = Aligned<T>(m * columns * lanes);
        if (shows()) shown_ = Aligned<T>(m * columns * lanes);
        R_ = Aligned<T>(packed_.size()), W_ = Aligned<T>(packed_.size());
        if (norms_) norms_->make_room(of_.steps, columns);
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
        const bool is_masked = masked_ && !Cell::kMasksState;
        return {&layer_,
                width(s),
                of_.units * row_size(),
                lengths_,
                step(s),
                step(s) < shortest_,
                state(before(s)) + at,
                state(before(s + 1)) + at,
                kept_of(s) + at,
                grad_.data() + at,
                delta_.data() + at,
                is_masked ? mask_.data() + at : nullptr};
    }

    void take(std::size_t s) {
        const std::size_t sums = Cell::kUnits * Cell::kSums;
        const std::size_t tile =
            (sums + Cell::kUnits * Cell::kWeights * (of_.channels + of_.units)) * kEach<T, LaneIsMember>;
        const T* packed = packed_.data();
        for (std::size_t first = 0; first < of_.units; first += Cell::kUnits, packed += tile) {
            step_sums<T, LaneIsMember, Cell>(packed, of_, before(s), columns_, width(s), z_.data());
            for (std::size_t u = first; u < std::min(first + Cell::kUnits, of_.units); ++u)
                Cell::forward(z_.data() + (u - first) * Cell::kSums * width(s) * lanes, unit(s, u));
        }
    }
    void take_normed(const T* theta, std::size_t s) {
        norms_->sums(each_ * s, before(s), seen(before(s)), columns_, width(s));
        for (std::size_t u = 0; u < of_.units; ++u) {
            norms_->unit_sums(theta, each_ * s, u, columns_, width(s), z_.data());
            Cell::forward(z_.data(), unit(s, u));
        }
        norms_->read(theta, each_ * s, unit(s, 0), columns_);
    }

    // Columns that no step is taken in have the state they had.
    void hand_on(std::size_t s) {
        const std::size_t from = width(s) * lanes, left = row_size() - from;
        for (std::size_t row = 0; left && row < Cell::kStates * of_.units; ++row)
            std::memcpy(state(before(s + 1)) + row * row_size() + from, state(before(s)) + row * row_size() + from,
                        left * sizeof(T));
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
        W_sum_.clear(), R_sum_.clear(), c_sum_.clear();
        if (norms_) norms_->clear();
        pack_transposed<T, LaneIsMember>(theta, layer_.R, of_.units, parts_.of_state_, R_.data());
        if (to_input) pack_transposed<T, LaneIsMember>(theta, layer_.W, of_.channels, parts_.of_input, W_.data());
    }

    // ∂J/∂(state before) = what passes by + Rᵀ δ,  ∂J/∂x = Wᵀ δ.
    void back(const T* theta, std::size_t s, Gradients<T>& grad, bool to_input) {
        cells_back(theta, s);
        T* const to_h = shows() && masked_ ? shown_.data() : grad_.data();
        if (to_h != grad_.data()) std::fill(to_h, to_h + of_.units * row_size(), T(0));
        by_state([&](const auto& parts, const T* delta) {
            step_back<T, LaneIsMember>(R_.data(), of_.units, parts, delta, columns_, width(s), to_h, row_size());
        });
        for (std::size_t i = 0; to_h != grad_.data() && i < of_.units * row_size(); i += lanes)
            store(grad_.data() + i, load(grad_.data() + i) + load(to_h + i) * load(mask_.data() + i));
        if (to_input)
            step_back<T, LaneIsMember>(W_.data(), of_.channels, parts_.of_input, of_input(), columns_, width(s),
                                       grad.spare + step(s) * row_size(), of_.steps * row_size());
    }
    void cells_back(const T* theta, std::size_t s) {
        const T* const through = norms_ ? norms_->read_back(theta, s, unit(s, 0), columns_) : nullptr;
        for (std::size_t u = 0; u < of_.units; ++u) {
            Unit<T> one = unit(s, u);
            if (through) one.through = through + u * row_size();
            Cell::backward(one);
        }
        if (norms_) norms_->back(theta, s, delta_.data(), parts_.of_state_, columns_, width(s), tools_[0]);
    }

    // The δ of W x, and f(parts, δ) with that of R h.
    const T* of_input() const { return norms_ ? norms_->to_input() : delta_.data(); }
    template <class F> void by_state(F f) const {
        if (norms_) f(norms_->whole(), norms_->to_state());
        else f(parts_.of_state_, delta_.data());
    }

    // ∂J/∂W += δ xᵀ,  ∂J/∂R += δ hᵀ, with δ still in the nearest caches.
    void differentiate(std::size_t s) {
        const Rows<const T> x{before(s), columns_}, h{seen(before(s)), columns_};
        W_sum_.add(parts_.of_input, of_input(), x, width(s), tools_[0]);
        by_state([&](const auto& parts, const T* delta) { R_sum_.add(parts, delta, h, width(s), tools_[0]); });
        const Part of_c[]{{Cell::kWeights * of_.units, 0, of_.units}};
        if (kHasC) c_sum_.add(of_c, delta_.data(), x, width(s), tools_[0]);
    }

    // No gradient goes back over steps whose number, from a sequence's own start, is a multiple of `truncate`.
    void cut(std::size_t s) {
        const std::size_t t = step(s);
        if (!of_.reverse && (t == 0 || t % of_.truncate)) return;
        for (std::size_t i = 0; i < width(s) * lanes; ++i) {
            if (t >= static_cast<std::size_t>(lengths_[i])) continue;
            const std::size_t number = of_.reverse ? static_cast<std::size_t>(lengths_[i]) - 1 - t : t;
            if (number == 0 || number % of_.truncate) continue;
            for (std::size_t row = 0; row < Cell::kStates * of_.units; ++row) grad_.data()[row * row_size() + i] = T(0);
        }
    }

    // One mask for all steps, of draws numbered (unit, sample).
    void draw(const Seen<T>* seen) {
        masked_ = of_.dropout > 0 && seen && seen->keys;
        if (masked_)
            draw_mask<T, LaneIsMember>(*seen, number_, of_.dropout, of_.units, columns_, mask_.data(),
                                       [](std::size_t row) { return row; });
    }
    void mask(T* to, const T* h) const {
        for (std::size_t i = 0; i < of_.units * row_size(); i += lanes)
            store(to + i, masked_ ? load(h + i) * load(mask_.data() + i) : load(h + i));
    }

    void finish(T* gradient) {
        W_sum_.add_to(gradient, layer_.W, layer_.b), R_sum_.add_to(gradient, layer_.R, 0);
        c_sum_.add_to(gradient, 0, layer_.c);
        if (norms_) norms_->finish(gradient);
        for (std::size_t k = 0; k < Cell::kStates; ++k)
            if (beginning(k))
                row_sum<T, LaneIsMember>(gradient, *beginning(k), of_.units,
                                         {grad_.data() + k * of_.units * row_size(), columns_}, columns_);
    }

    const Layer& layer_;
    const Recurrence& of_;
    const std::size_t number_;
    Tools<T>& tools_;
    const Parts<kOfState> parts_;
    Aligned<T> packed_, z_, all_, a_, slots_, kept_, grad_, delta_, R_, W_, mask_, shown_;
    OuterSum<T, LaneIsMember> W_sum_, R_sum_, c_sum_;
    std::optional<RecurrentNorms<T, LaneIsMember, Cell>> norms_;
    std::vector<std::size_t> widths_;
    const T* lengths_ = nullptr;
    bool masked_ = false;  // by recurrent dropout
    std::size_t columns_ = 0, taken_ = 0, shortest_ = 0, each_ = 0;
};

}  // namespace shoal::SHOAL_ISA
