// An architecture: its layers, their shapes, and where in θ their parameters lie.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "activations.hpp"
#include "losses.hpp"

namespace shoal::SHOAL_ISA {

enum class LayerKind : std::int64_t { dense, dropout, flatten, convolution, max_pool, average_pool, global_average_pool };

// A sample as channels of rows of pixels, in this order in memory.
struct Image {
    std::size_t channels, rows, columns;

    std::size_t plane() const { return rows * columns; }
    std::size_t size() const { return channels * plane(); }
};

// How something is counted along rows and along columns of an image.
struct Extent {
    std::size_t rows, columns;

    std::size_t size() const { return rows * columns; }
};

// The windows that a layer moves over an image; `before` is how many pixels of padding come before the first.
struct Geometry {
    Image in, out;
    Extent size, stride, before, dilation;
    std::size_t groups;  // of channels that do not see each other
};

// One layer as Python describes it. W (units, inputs), or (filters, channels / groups, rows, columns), begins at
// θ[weights], b at θ[biases].
struct Layer {
    LayerKind kind;
    std::size_t inputs, units, weights, biases;
    Activation g;
    double parameter;  // of g; of dropout: the rate
    Geometry geometry{};

    bool has_parameters() const { return kind == LayerKind::dense || kind == LayerKind::convolution; }
    // Inputs that a unit sees.
    std::size_t fan_in() const {
        return geometry.groups ? geometry.in.channels / geometry.groups * geometry.size.size() : inputs;
    }
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

    // About how many multiplications forward takes for one sample.
    std::size_t multiplications() const {
        std::size_t total = 0;
        for (const Layer& layer : layers)
            if (layer.has_parameters()) total += layer.units * (layer.fan_in() + 1);
        return total;
    }

    bool sees_images() const {
        for (const Layer& layer : layers)
            if (layer.geometry.in.size()) return true;
        return false;
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
