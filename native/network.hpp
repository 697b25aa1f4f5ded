// The stack of layers on a block of columns: forward, loss, backward. The compiled twin of shoal/backprop.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "activations.hpp"
#include "losses.hpp"
#include "philox.hpp"
#include "products.hpp"

namespace shoal::SHOAL_ISA {

enum class LayerKind : std::int64_t { dense, dropout };

// One layer as Python describes it. W (units, inputs) begins at θ[weights], b (units, 1) at θ[biases].
struct Layer {
    LayerKind kind;
    std::size_t inputs, units, weights, biases;
    Activation g;
    double parameter;  // of g; of dropout: the rate
};

struct Network {
    std::vector<Layer> layers;
    Loss loss;
    double loss_parameter;
    std::size_t inputs, outputs, n_parameters;

    // Rows of activations that one pass keeps: a sample's memory, in numbers.
    std::size_t units() const {
        std::size_t total = 2 * inputs;
        for (const Layer& layer : layers) total += 3 * layer.units;
        return total;
    }
};

// Which part of a batch a pass sees, and where its dropout comes from. `keys` holds seed and number of
// the member in each lane (lane = network), or of the one member in all lanes (lane = sample).
struct Noise {
    const std::uint64_t* keys;
    std::uint64_t step;
    std::size_t first, samples, batch;  // samples first … first + samples − 1 of a batch
};

// The activations of one pass over at most `columns` columns, in one piece of memory, allocated once.
template <class T, bool LaneIsMember> class Pass {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    Pass(const Network& network, std::size_t columns) : network_(network) {
        std::size_t widest = network.inputs, total = 0;
        for (const Layer& layer : network.layers) {
            total += 2 * layer.units;
            widest = layer.units > widest ? layer.units : widest;
        }
        total += 2 * widest;
        memory_.resize((total * columns + 8) * lanes);
        std::uintptr_t at = (reinterpret_cast<std::uintptr_t>(memory_.data()) + 63) / 64 * 64;
        T* next = reinterpret_cast<T*>(at);
        const auto take = [&](std::size_t rows) { return std::exchange(next, next + rows * columns * lanes); };
        for (const Layer& layer : network.layers) {
            z_.push_back(take(layer.units));
            a_.push_back(take(layer.units));
        }
        grad_[0] = take(widest), grad_[1] = take(widest);
    }

    // The block to work on: rows x (inputs), y (outputs) and share (1), each `columns` wide.
    void bind(const T* block, std::size_t columns) {
        input_ = block;
        y_ = input_ + network_.inputs * columns * lanes;
        share_ = y_ + network_.outputs * columns * lanes;
    }

    // The outputs z (outputs rows × columns).
    T* forward(const T* theta, std::size_t columns, const Noise* noise) {
        const T* a = input_;
        for (std::size_t l = 0; l < network_.layers.size(); ++l) {
            const Layer& layer = network_.layers[l];
            if (layer.kind == LayerKind::dropout) {
                a = drop(l, a, columns, noise);
                continue;
            }
            // z = W a + b,  a = g(z)
            const bool keep_z = derivative_needs_z(layer.g);
            T* z = keep_z ? z_[l] : a_[l];
            weighted_sum<T, LaneIsMember>(theta, {layer.weights, layer.inputs, 1}, layer.units, layer.inputs,
                                          Rows<const T>{a, columns}, Rows<T>{z, columns}, &layer.biases, columns);
            activate<T>(layer.g, static_cast<T>(layer.parameter), z, a_[l], layer.units * columns * lanes);
            a = a_[l];
        }
        return const_cast<T*>(a);
    }

    // Returns Σ share · loss in lanes and adds ∂/∂θ of it to `gradient`. Call after `forward`.
    Vec<T> backward(const T* theta, T* gradient, std::size_t columns, bool noisy, const T* z) {
        T* grad = grad_[0];
        T* next = grad_[1];
        const Vec<T> J = loss_and_delta<T>(network_.loss, static_cast<T>(network_.loss_parameter),
                                           static_cast<int>(network_.outputs), columns, z, y_, share_, grad);
        for (std::size_t l = network_.layers.size(); l-- > 0;) {
            const Layer& layer = network_.layers[l];
            if (layer.kind == LayerKind::dropout) {
                // ∂J/∂a_in = r · ∂J/∂a / (1 − rate); z_[l] holds the scaled mask
                if (noisy && layer.parameter > 0) multiply(grad, z_[l], layer.units * columns);
                continue;
            }
            const T* a_in = l == 0 ? input_ : output_before(l, noisy);
            // δ = ∂J/∂a · g'(z)
            times_derivative<T>(layer.g, static_cast<T>(layer.parameter), z_[l], a_[l], grad,
                                layer.units * columns * lanes);
            outer_sum<T, LaneIsMember>(gradient, layer.weights, layer.units, layer.inputs,
                                       Rows<const T>{grad, columns}, Rows<const T>{a_in, columns}, columns);
            row_sum<T, LaneIsMember>(gradient, layer.biases, layer.units, Rows<const T>{grad, columns}, columns);
            if (l == first_dense()) break;  // nothing before it has parameters
            // ∂J/∂a_in = Wᵀ δ
            weighted_sum<T, LaneIsMember>(theta, {layer.weights, 1, layer.inputs}, layer.inputs, layer.units,
                                          Rows<const T>{grad, columns}, Rows<T>{next, columns}, nullptr, columns);
            std::swap(grad, next);
        }
        return J;
    }

  private:
    std::size_t first_dense() const {
        std::size_t l = 0;
        while (network_.layers[l].kind != LayerKind::dense) ++l;
        return l;
    }

    // What layer l read: the output of the nearest layer before it that made one of its own.
    const T* output_before(std::size_t l, bool noisy) const {
        for (; l-- > 0;) {
            const Layer& layer = network_.layers[l];
            if (layer.kind == LayerKind::dense || (noisy && layer.parameter > 0)) return a_[l];
        }
        return input_;
    }

    // a = r · a_in / (1 − rate), with the mask's draws numbered (row, sample) over the whole batch.
    const T* drop(std::size_t l, const T* a, std::size_t columns, const Noise* noise) {
        const Layer& layer = network_.layers[l];
        if (noise == nullptr || layer.parameter == 0) return a;
        T* mask = z_[l];
        const double keep = 1 - layer.parameter;
        const T scale = static_cast<T>(1) / static_cast<T>(keep);
        for (std::size_t lane = 0; lane < (LaneIsMember ? lanes : 1); ++lane) {
            Stream stream(noise->keys[2 * lane], noise->keys[2 * lane + 1], Purpose::dropout, noise->step << 16 | l);
            for (std::size_t row = 0; row < layer.units; ++row)
                for (std::size_t s = 0; s < noise->samples; ++s) {
                    const double u = stream.uniform(row * noise->batch + noise->first + s);
                    const std::size_t at = LaneIsMember ? s * lanes + lane : s;
                    mask[row * columns * lanes + at] = u < keep ? scale : T(0);
                }
        }
        std::memcpy(a_[l], a, layer.units * columns * lanes * sizeof(T));
        multiply(a_[l], mask, layer.units * columns);
        return a_[l];
    }

    static void multiply(T* a, const T* by, std::size_t vectors) {
        for (std::size_t i = 0; i < vectors * lanes; i += lanes) store(a + i, load(a + i) * load(by + i));
    }

    const Network& network_;
    std::vector<T> memory_;
    std::vector<T*> z_, a_;
    const T *input_ = nullptr, *y_ = nullptr, *share_ = nullptr;
    T* grad_[2];
};

}  // namespace shoal::SHOAL_ISA
