// Layers one after the other.
#pragma once

#include <memory>
#include <vector>

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

// The stage of a layer, in make.hpp: stages of some kinds hold stacks themselves.
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

}  // namespace shoal::SHOAL_ISA
