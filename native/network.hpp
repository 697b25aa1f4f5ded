// An architecture: its layers, their shapes, and where in θ their parameters lie. Independent of instruction sets.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "view.hpp"

namespace shoal {

enum class Activation { identity, sigmoid, tanh, relu, leaky_relu, elu, selu, gelu, silu, mish, softplus };

enum class Loss {
    log_loss,
    cross_entropy,
    step_cross_entropy,
    squared_error,
    mean_squared_error,
    absolute_error,
    huber,
    poisson
};

enum class LayerKind {
    dense,
    dropout,
    flatten,
    convolution,
    max_pool,
    average_pool,
    global_average_pool,
    locally_connected,
    layer_norm,
    residual,
    batch_norm,
    rnn,
    gru,
    lstm,
    bidirectional,
    embedding,
    conv1d,
    max_pool1d,
    average_pool1d,
    global_max_pool1d,
    global_average_pool1d,
    last_step
};

// A member of a family, and the one number that some of them have: a slope, a threshold.
template <class Kind> struct Member {
    Kind kind{};
    double parameter{};
};

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
    Image in{}, out{};
    Extent size{}, stride{}, before{}, dilation{};
    std::size_t groups{};  // of channels that do not see each other
};

// A sequence, channels × steps, and how a recurrent layer goes over it.
struct Recurrence {
    std::size_t channels{}, steps{}, units{};
    bool return_sequences{}, reverse{};
    std::optional<std::size_t> h0, c0;                             // where in θ a learnt state begins
    std::optional<std::size_t> gamma_W, gamma_R, gamma_c, beta_c;  // and γ and β of layer normalisation
    double dropout{};                                              // one mask for a sequence
    std::size_t truncate{};  // steps between those over which no gradient goes back; 0: it goes over all
};

// One layer as Python describes it; wire.hpp says which of this a kind has.
struct Layer {
    LayerKind kind{};
    std::size_t inputs{}, units{};
    // Where in θ its parameters begin: W (units, inputs), or (filters, channels / groups, rows, columns) for all places or
    // for each; b; of a norm γ and β, and the running mean and variance. Of a recurrent layer W, R and b have the rows of its gates
    // one below the other, i f g o or r z n, and c is a bias of n's own. Of an embedding E.
    std::size_t W{}, R{}, b{}, c{}, E{}, gamma{}, beta{}, mean{}, variance{};
    Member<Activation> g{};
    double rate{};         // of dropout
    double epsilon{};      // of a norm
    double momentum{};     // of batch normalisation
    std::size_t places{};  // of a channel, which share the parameters of batch normalisation
    Geometry geometry{};
    Recurrence recurrence{};
    std::size_t size{}, stride{};  // of a pool over time
    std::size_t vocabulary{};      // of an embedding
    bool same{};                   // of a convolution over time: whether it has a window for each stride of steps
    std::vector<Layer> inside{};   // of a residual block, or both directions of a recurrent layer

    bool has_parameters() const {
        for (const Layer& layer : inside)
            if (layer.has_parameters()) return true;
        return has_weights() || kind == LayerKind::layer_norm || kind == LayerKind::batch_norm ||
               kind == LayerKind::embedding;
    }
    bool has_weights() const {
        return kind == LayerKind::dense || kind == LayerKind::convolution || kind == LayerKind::locally_connected ||
               kind == LayerKind::conv1d || gates() > 0;
    }
    // Whether it goes over the steps of sequences, one like the other.
    bool over_time() const { return kind >= LayerKind::rnn; }
    // Of a recurrent layer: how many times its units W and R have rows.
    std::size_t gates() const {
        return kind == LayerKind::lstm ? 4 : kind == LayerKind::gru ? 3 : kind == LayerKind::rnn ? 1 : 0;
    }
    // About how many multiplications forward takes for one sample.
    std::size_t multiplications() const {
        const Recurrence& r = recurrence;
        if (gates()) return r.steps * gates() * r.units * (r.channels + r.units + 1);
        return has_weights() ? units * (fan_in() + 1) : 0;
    }
    // Of batch normalisation: features, or the channels of an image.
    std::size_t channels() const { return units / places; }
    // Inputs that a unit sees.
    std::size_t fan_in() const {
        return geometry.groups ? geometry.in.channels / geometry.groups * geometry.size.size() : inputs;
    }
};

// Σ f(layer) over all layers, those inside others too.
template <class F> std::size_t total_of(const std::vector<Layer>& layers, F f) {
    std::size_t total = 0;
    for (const Layer& layer : layers) total += f(layer) + total_of(layer.inside, f);
    return total;
}

struct Network {
    std::vector<Layer> layers{};
    Member<Loss> loss{};
    std::size_t inputs{}, outputs{}, n_parameters{};
    View<const bool, 1> weight_mask{};  // (D,): true for weights, false for biases

    // About how many numbers a pass goes through for one sample: x, and z, a and ∂J/∂a of each layer.
    std::size_t units() const {
        return 2 * inputs + total_of(layers, [](const Layer& layer) { return 3 * layer.units; });
    }

    // The largest number of inputs or outputs of a layer.
    std::size_t widest() const {
        std::size_t widest = inputs;
        total_of(layers, [&](const Layer& layer) { return widest = std::max({widest, layer.inputs, layer.units}); });
        return widest;
    }

    // About how many multiplications forward takes for one sample.
    std::size_t multiplications() const {
        return total_of(layers, [](const Layer& layer) { return layer.multiplications(); });
    }

    bool sees_images() const {
        return total_of(layers, [](const Layer& layer) { return layer.geometry.in.size(); }) > 0;
    }

    bool sees_sequences() const {
        return total_of(layers, [](const Layer& layer) { return std::size_t(layer.over_time()); }) > 0;
    }

    // Whether what is made of one sample depends on the others of its batch.
    bool ties_samples() const {
        return total_of(layers, [](const Layer& layer) { return std::size_t(layer.kind == LayerKind::batch_norm); }) >
               0;
    }

    // Whether J is another function at every step.
    bool draws() const {
        return total_of(layers, [](const Layer& layer) {
                   return std::size_t(layer.kind == LayerKind::dropout && layer.rate > 0) +
                          std::size_t(layer.recurrence.dropout > 0);
               }) > 0;
    }
};

// Below this many multiplications, waking threads costs more than they save.
constexpr std::size_t kWorthSharing = 1 << 20;

// Whether a layer's products go by panels. A function of shapes alone, for it decides how sums are added up.
constexpr std::size_t kWide = 48;
template <bool LaneIsMember> bool is_wide(const Layer& layer) {
    return !LaneIsMember && layer.kind == LayerKind::dense && layer.units >= kWide && layer.inputs >= kWide;
}
template <bool LaneIsMember> bool is_wide(const Network& network) {
    return total_of(network.layers, [](const Layer& layer) { return std::size_t(is_wide<LaneIsMember>(layer)); }) > 0;
}
// Gradients of recurrent layers go by panels, too.
template <bool LaneIsMember> bool has_panels(const Network& network) {
    return is_wide<LaneIsMember>(network) || total_of(network.layers, [](const Layer& layer) { return layer.gates(); });
}

}  // namespace shoal
