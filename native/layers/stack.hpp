// Layers one after the other, and the file of each kind of layer.
#pragma once

#include <memory>
#include <vector>

#include "convolution.hpp"
#include "dense.hpp"
#include "dropout.hpp"
#include "pooling.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember>
std::unique_ptr<Stage<T>> make_stage(const Layer& layer, std::size_t number, std::size_t columns, Tools<T>& tools) {
    switch (layer.kind) {
        case LayerKind::dropout: return std::make_unique<DropoutStage<T, LaneIsMember>>(layer, number, columns);
        case LayerKind::flatten: return std::make_unique<FlattenStage<T>>();
        case LayerKind::convolution: return std::make_unique<ConvolutionStage<T, LaneIsMember>>(layer, columns);
        case LayerKind::max_pool: return std::make_unique<MaxPoolStage<T>>(layer, columns);
        case LayerKind::average_pool:
        case LayerKind::global_average_pool: return std::make_unique<AveragePoolStage<T>>(layer, columns);
        default: return std::make_unique<DenseStage<T, LaneIsMember>>(layer, columns, tools);
    }
}

template <class T, bool LaneIsMember> class Stack {
  public:
    // `layers` and `tools` outlive the stack.
    Stack(const std::vector<Layer>& layers, std::size_t columns, Tools<T>& tools) {
        for (const Layer& layer : layers) {
            if (stages_.size() == first_ && !layer.has_parameters()) ++first_;
            stages_.push_back(make_stage<T, LaneIsMember>(layer, stages_.size(), columns, tools));
        }
    }

    const T* forward(const T* theta, const T* a, std::size_t columns, const Noise* noise) {
        for (const auto& stage : stages_) a = stage->forward(theta, a, columns, noise);
        return a;
    }

    // As Stage's; nothing is asked of the layers before the first that has parameters.
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad) {
        for (std::size_t l = stages_.size(); l-- > first_;)
            stages_[l]->backward(theta, gradient, columns, grad, l > first_);
    }

  private:
    std::vector<std::unique_ptr<Stage<T>>> stages_;
    std::size_t first_ = 0;  // that has parameters
};

}  // namespace shoal::SHOAL_ISA
