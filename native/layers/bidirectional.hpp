// Two recurrent layers, one of which goes backwards; one output below the other: the compiled twin of
// shoal/layers/bidirectional.py.
#pragma once

#include <memory>

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

template <class T> class BidirectionalStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using Half = std::unique_ptr<Stage<T>>;

    BidirectionalStage(const Layer& layer, Half forward, Half reverse, std::size_t columns)
        : layer_(layer), halves_{std::move(forward), std::move(reverse)}, a_(layer.units * columns * lanes),
          grad_(std::max(layer.inputs, layer.units) * columns * lanes) {}

    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        const std::size_t half = layer_.units / 2 * columns * lanes;
        for (std::size_t i = 0; i < 2; ++i)
            std::memcpy(a_.data() + i * half, halves_[i]->forward(theta, in, columns, context), half * sizeof(T));
        return a_.data();
    }

    const T* lengths_after(const T* lengths) const override { return halves_[0]->lengths_after(lengths); }

    // ∂J/∂a_in is the sum of what either gives.
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        Gradients<T> upper{grad.here, grad_.data()};
        Gradients<T> lower{grad.here + layer_.units / 2 * columns * lanes, grad.spare};
        halves_[0]->backward(theta, gradient, columns, upper, to_input);
        halves_[1]->backward(theta, gradient, columns, lower, to_input);
        if (!to_input) return;
        for (std::size_t i = 0; i < layer_.inputs * columns * lanes; i += lanes)
            store(grad.spare + i, load(grad_.data() + i) + load(grad.spare + i));
        grad.swap();
    }

  private:
    const Layer& layer_;
    const Half halves_[2];
    Aligned<T> a_, grad_;
};

}  // namespace shoal::SHOAL_ISA
