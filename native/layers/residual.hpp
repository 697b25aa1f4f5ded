// A residual block, a = g(a_in + f(a_in)): the compiled twin of shoal/layers/residual.py.
#pragma once

#include <cstring>

#include "stack.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class ResidualStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    ResidualStage(const Layer& layer, std::size_t number, std::size_t columns, Tools<T>& tools)
        : layer_(layer), stack_(layer.inside, number + 1, columns, tools), z_(layer.units * columns * lanes),
          a_(layer.units * columns * lanes), delta_(layer.units * columns * lanes) {}

    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        const std::size_t n = layer_.units * columns * lanes;
        const T* const f = stack_.forward(theta, in, columns, context);
        for (std::size_t i = 0; i < n; i += lanes) store(z_.data() + i, load(in + i) + load(f + i));
        activate<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(), n);
        const std::size_t steps = layer_.recurrence.steps;
        clear_beyond(a_.data(), layer_.units / steps, steps, columns, context.lengths);
        return a_.data();
    }

    // δ = ∂J/∂a · g'(z),  ∂J/∂a_in = δ + f'ᵀ δ
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        const std::size_t n = layer_.units * columns * lanes;
        times_derivative<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(), grad.here, n);
        if (to_input) std::memcpy(delta_.data(), grad.here, n * sizeof(T));
        stack_.backward(theta, gradient, columns, grad, to_input);
        if (!to_input) return;
        for (std::size_t i = 0; i < n; i += lanes) store(grad.here + i, load(grad.here + i) + load(delta_.data() + i));
    }

  private:
    const Layer& layer_;
    Stack<T, LaneIsMember> stack_;
    Aligned<T> z_, a_, delta_;
};

}  // namespace shoal::SHOAL_ISA
