// The stack of layers on a block of columns: forward, loss, backward. The compiled twin of shoal/backprop.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "activations.hpp"
#include "losses.hpp"
#include "philox.hpp"
#include "pool.hpp"
#include "wide.hpp"

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

    // `threads` share the rows of wide layers.
    Pass(const Network& network, std::size_t columns, std::size_t threads) : network_(network), panels_(threads) {
        std::size_t widest = network.inputs, total = 0;
        for (const Layer& layer : network.layers) {
            total += 2 * layer.units;
            widest = layer.units > widest ? layer.units : widest;
        }
        total += 2 * widest;
        memory_ = Aligned<T>(total * columns * lanes);
        T* next = memory_.data();
        const auto take = [&](std::size_t rows) { return std::exchange(next, next + rows * columns * lanes); };
        for (const Layer& layer : network.layers) {
            z_.push_back(take(layer.units));
            a_.push_back(take(layer.units));
        }
        grad_[0] = take(widest), grad_[1] = take(widest);
    }

    std::size_t threads() const { return panels_.size(); }

    // The block to work on: the rows of x (inputs) and of y (outputs), and one of shares, each `columns` wide.
    void bind(const T* x, const T* share, std::size_t columns) {
        input_ = x;
        y_ = input_ + network_.inputs * columns * lanes;
        share_ = share;
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
            feed(theta, l, Rows<const T>{a, columns});
            a = a_[l];
        }
        return const_cast<T*>(a);
    }

    // Σ share · loss in lanes, for outputs z.
    Vec<T> loss(const T* z, std::size_t columns) {
        T* losses = grad_[0];
        sample_losses<T>(network_.loss, static_cast<T>(network_.loss_parameter), static_cast<int>(network_.outputs),
                         columns, z, y_, losses);
        Vec<T> J{};
        for (std::size_t c = 0; c < columns * lanes; c += lanes) {
            const Vec<T> weight = load(share_ + c);
            J += select<Vec<T>>(weight != Vec<T>{}, load(losses + c) * weight, Vec<T>{});
        }
        return J;
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
            differentiate(gradient, l, Rows<const T>{a_in, columns}, Rows<T>{grad, columns});
            if (l == first_dense()) break;  // nothing before it has parameters
            feed_back(theta, l, Rows<const T>{grad, columns}, Rows<T>{next, columns});
            std::swap(grad, next);
        }
        return J;
    }

  private:
    // z = W a + b,  a = g(z)
    void feed(const T* theta, std::size_t l, Rows<const T> in) {
        const Layer& layer = network_.layers[l];
        const std::size_t columns = in.stride;
        T* z = derivative_needs_z(layer.g) ? z_[l] : a_[l];
        const auto activate_rows = [&](std::size_t first, std::size_t rows) {
            const std::size_t at = first * columns * lanes;
            activate<T>(layer.g, static_cast<T>(layer.parameter), z + at, a_[l] + at, rows * columns * lanes);
        };
        const Matrix W{layer.weights, layer.inputs, 1};
        if (!is_wide<LaneIsMember>(layer)) {
            weighted_sum<T, LaneIsMember>(theta, W, layer.units, layer.inputs, in, Rows<T>{z, columns}, &layer.biases,
                                          columns);
            return activate_rows(0, layer.units);
        }
        each_piece(layer.units, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            wide_weighted_sum<T>(theta, W, first, rows, layer.inputs, in, Rows<T>{z, columns}, theta + layer.biases,
                                 columns, panels);
            activate_rows(first, rows);
        });
    }

    // δ = ∂J/∂a · g'(z), in place of ∂J/∂a; ∂J/∂W += δ aᵀ and ∂J/∂b += δ, summed over the samples.
    void differentiate(T* gradient, std::size_t l, Rows<const T> in, Rows<T> grad) {
        const Layer& layer = network_.layers[l];
        const std::size_t columns = in.stride;
        const auto delta_rows = [&](std::size_t first, std::size_t rows) {
            const std::size_t at = first * columns * lanes;
            times_derivative<T>(layer.g, static_cast<T>(layer.parameter), z_[l] + at, a_[l] + at, grad.data + at,
                                rows * columns * lanes);
            const Rows<const T> delta{grad.at(first, 0), columns};
            row_sum<T, LaneIsMember>(gradient, layer.biases + first, rows, delta, columns);
        };
        const Rows<const T> delta{grad.data, columns};
        if (!is_wide<LaneIsMember>(layer)) {
            delta_rows(0, layer.units);
            return outer_sum<T, LaneIsMember>(gradient, layer.weights, layer.units, layer.inputs, delta, in, columns);
        }
        each_piece(layer.units, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            delta_rows(first, rows);
            wide_outer_sum<T>(gradient + layer.weights, first, rows, layer.inputs, delta, in, columns, panels);
        });
    }

    // ∂J/∂a_in = Wᵀ δ
    void feed_back(const T* theta, std::size_t l, Rows<const T> delta, Rows<T> grad) {
        const Layer& layer = network_.layers[l];
        const Matrix W_T{layer.weights, 1, layer.inputs};
        if (!is_wide<LaneIsMember>(layer))
            return weighted_sum<T, LaneIsMember>(theta, W_T, layer.inputs, layer.units, delta, grad, nullptr,
                                                 delta.stride);
        each_piece(layer.inputs, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            wide_weighted_sum<T>(theta, W_T, first, rows, layer.units, delta, grad, nullptr, delta.stride, panels);
        });
    }

    // work(panels, first, rows) for all rows of a wide product.
    template <class F> void each_piece(std::size_t rows, F work) {
        share_out(panels_.size(), pieces<T>(rows), [&](std::size_t thread, std::size_t piece) {
            const std::size_t first = piece * Panels<T>::kRows;
            work(panels_[thread], first, std::min(Panels<T>::kRows, rows - first));
        });
    }

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
    std::vector<Panels<T>> panels_;
    Aligned<T> memory_;
    std::vector<T*> z_, a_;
    const T *input_ = nullptr, *y_ = nullptr, *share_ = nullptr;
    T* grad_[2];
};

}  // namespace shoal::SHOAL_ISA
