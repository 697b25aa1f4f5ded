// The stage of every kind of layer: the compiled twin of shoal/layers/__init__.py.
#pragma once

#include <memory>

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
#include "residual.hpp"

namespace shoal::SHOAL_ISA {

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
