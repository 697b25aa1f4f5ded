// Layers one after the other, and the file of each kind of layer.
#pragma once

#include <memory>
#include <vector>

#include "batch_norm.hpp"
#include "bidirectional.hpp"
#include "convolution.hpp"
#include "dense.hpp"
#include "dropout.hpp"
#include "embedding.hpp"
#include "layer_norm.hpp"
#include "over_time.hpp"
#include "pooling.hpp"
#include "recurrent.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember>
std::unique_ptr<Stage<T>> make_stage(const Layer& layer, std::size_t number, std::size_t columns, Tools<T>& tools);

template <class T, bool LaneIsMember> class Stack {
  public:
    // `layers` and `tools` outlive the stack. Layers are counted through the whole network, those inside others too.
    Stack(const std::vector<Layer>& layers, std::size_t number, std::size_t columns, Tools<T>& tools) {
        for (const Layer& layer : layers) {
            if (stages_.size() == first_ && !layer.has_parameters()) ++first_;
            stages_.push_back(make_stage<T, LaneIsMember>(layer, number, columns, tools));
            number += 1 + total_of(layer.inside, [](const Layer&) { return std::size_t(1); });
        }
    }

    const T* forward(const T* theta, const T* a, std::size_t columns, Context<T> context) {
        for (const auto& stage : stages_) {
            a = stage->forward(theta, a, columns, context);
            context.lengths = stage->lengths_after(context.lengths);
        }
        return a;
    }

    // As Stage's; unless `to_input`, nothing is asked of the layers before the first that has parameters.
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) {
        for (std::size_t l = stages_.size(); l-- > (to_input ? 0 : first_);)
            stages_[l]->backward(theta, gradient, columns, grad, to_input || l > first_);
    }

  private:
    std::vector<std::unique_ptr<Stage<T>>> stages_;
    std::size_t first_ = 0;  // that has parameters
};

// A residual block, a = g(a_in + f(a_in)): the compiled twin of shoal/layers/residual.py.
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

template <class T, bool LaneIsMember>
std::unique_ptr<Stage<T>> make_stage(const Layer& layer, std::size_t number, std::size_t columns, Tools<T>& tools) {
    switch (layer.kind) {
        case LayerKind::dropout: return std::make_unique<DropoutStage<T, LaneIsMember>>(layer, number, columns);
        case LayerKind::flatten: return std::make_unique<FlattenStage<T>>(layer);
        case LayerKind::convolution:
        case LayerKind::conv1d:
        case LayerKind::locally_connected: return std::make_unique<ConvolutionStage<T, LaneIsMember>>(layer, columns);
        case LayerKind::max_pool: return std::make_unique<MaxPoolStage<T>>(layer, columns);
        case LayerKind::average_pool:
        case LayerKind::global_average_pool: return std::make_unique<AveragePoolStage<T>>(layer, columns);
        case LayerKind::layer_norm: return std::make_unique<LayerNormStage<T, LaneIsMember>>(layer, columns);
        case LayerKind::batch_norm: return std::make_unique<BatchNormStage<T, LaneIsMember>>(layer, columns);
        case LayerKind::rnn:
            return std::make_unique<RecurrentStage<T, LaneIsMember, RnnCell<T>>>(layer, number, columns, tools);
        case LayerKind::gru:
            return std::make_unique<RecurrentStage<T, LaneIsMember, GruCell<T>>>(layer, number, columns, tools);
        case LayerKind::lstm:
            return std::make_unique<RecurrentStage<T, LaneIsMember, LstmCell<T>>>(layer, number, columns, tools);
        case LayerKind::bidirectional: {
            const auto half = [&](std::size_t i) {
                return make_stage<T, LaneIsMember>(layer.inside[i], number + 1 + i, columns, tools);
            };
            return std::make_unique<BidirectionalStage<T>>(layer, half(0), half(1), columns);
        }
        case LayerKind::embedding: return std::make_unique<EmbeddingStage<T, LaneIsMember>>(layer, columns);
        case LayerKind::max_pool1d:
        case LayerKind::global_max_pool1d: return std::make_unique<StepsMaxStage<T>>(layer, columns);
        case LayerKind::average_pool1d:
        case LayerKind::global_average_pool1d: return std::make_unique<StepsMeanStage<T>>(layer, columns);
        case LayerKind::last_step: return std::make_unique<LastStepStage<T>>(layer, columns);
        case LayerKind::residual:
            return std::make_unique<ResidualStage<T, LaneIsMember>>(layer, number, columns, tools);
        default: return std::make_unique<DenseStage<T, LaneIsMember>>(layer, columns, tools);
    }
}

}  // namespace shoal::SHOAL_ISA
