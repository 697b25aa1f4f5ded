// An architecture: its layers, their shapes, and where in θ their parameters lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "activations.hpp"
#include "losses.hpp"

namespace shoal::SHOAL_ISA {

enum class LayerKind : std::int64_t { dense, dropout };

// One layer as Python describes it. W (units, inputs) begins at θ[weights], b (units, 1) at θ[biases].
struct Layer {
    LayerKind kind;
    std::size_t inputs, units, weights, biases;
    Activation g;
    double parameter;  // of g; of dropout: the rate

    bool has_parameters() const { return kind != LayerKind::dropout; }
};

struct Network {
    std::vector<Layer> layers;
    Loss loss;
    double loss_parameter;
    std::size_t inputs, outputs, n_parameters;

    // About how many numbers a pass goes through for one sample: x, and z, a and ∂J/∂a of each layer.
    std::size_t units() const {
        std::size_t total = 2 * inputs;
        for (const Layer& layer : layers) total += 3 * layer.units;
        return total;
    }
};

// Whether a layer's products go by panels. A function of shapes alone, for it decides how sums are added up.
constexpr std::size_t kWide = 48;
template <bool LaneIsMember> bool is_wide(const Layer& layer) {
    return !LaneIsMember && layer.kind == LayerKind::dense && layer.units >= kWide && layer.inputs >= kWide;
}
template <bool LaneIsMember> bool is_wide(const Network& network) {
    for (const Layer& layer : network.layers)
        if (is_wide<LaneIsMember>(layer)) return true;
    return false;
}

}  // namespace shoal::SHOAL_ISA
