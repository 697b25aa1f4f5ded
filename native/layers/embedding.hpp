// A column of learnt numbers for each whole number of a sequence: the compiled twin of shoal/layers/embedding.py.
#pragma once

#include "layer.hpp"
#include "lengths.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class EmbeddingStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>, kEach = LaneIsMember ? lanes : 1;

    EmbeddingStage(const Layer& layer, std::size_t columns)
        : layer_(layer), steps_(layer.inputs), dimensions_(layer.units / layer.inputs),
          a_(layer.units * columns * lanes) {}

    // a_t = E[k_t], and zeros beyond a sequence's end.
    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        in_ = in, lengths_ = context.lengths;
        each_word(columns, [&](std::size_t word, std::size_t lane, std::size_t at, std::size_t row) {
            for (std::size_t d = 0; d < dimensions_; ++d)
                a_.data()[at + d * steps_ * row] = theta[place(word, d, lane)];
        });
        clear_beyond(a_.data(), dimensions_, steps_, columns, lengths_);
        return a_.data();
    }

    // ∂J/∂E[k_t] += ∂J/∂a_t, one sequence after the other, its steps in order. To the gradient the sum is added once, so
    // that blocks may be added up apart.
    void backward(const T*, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        if (!sums_.size()) make_room();
        touched_.clear();
        const std::size_t first = place(0, 0, 0);
        each_word(columns, [&](std::size_t word, std::size_t lane, std::size_t at, std::size_t row) {
            for (std::size_t d = 0; d < dimensions_; ++d)
                sums_.data()[place(word, d, lane) - first] += grad.here[at + d * steps_ * row];
            touched_.push_back(place(word, 0, lane));
        });
        for (const std::size_t of_word : touched_)  // again, where it comes again: then by 0
            for (std::size_t k = of_word; k < of_word + dimensions_ * kEach; k += kEach)
                gradient[k] += sums_.data()[k - first], sums_.data()[k - first] = T(0);
        if (!to_input) return;
        std::fill(grad.spare, grad.spare + layer_.inputs * columns * lanes, T(0));
        grad.swap();
    }

  private:
    void make_room() {
        sums_ = Aligned<T>(layer_.vocabulary * dimensions_ * kEach);
        touched_.reserve(a_.size() / dimensions_);
    }

    // f(number, lane, place in a row, numbers of a row) for each valid step.
    template <class F> void each_word(std::size_t columns, F f) const {
        const std::size_t row = columns * lanes;
        for (std::size_t i = 0; i < row; ++i) {
            const std::size_t length = lengths_ ? static_cast<std::size_t>(lengths_[i]) : steps_;
            for (std::size_t t = 0; t < length; ++t)
                f(static_cast<std::size_t>(in_[t * row + i]), i % lanes, t * row + i, row);
        }
    }

    std::size_t place(std::size_t word, std::size_t d, std::size_t lane) const {
        return (layer_.E + word * dimensions_ + d) * kEach + (LaneIsMember ? lane : 0);
    }

    const Layer& layer_;
    const std::size_t steps_, dimensions_;
    Aligned<T> a_, sums_;
    std::vector<std::size_t> touched_;
    const T *in_ = nullptr, *lengths_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
