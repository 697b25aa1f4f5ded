// Layer normalisation, a = g(γ â + β): the compiled twin of shoal/layers/layer_norm.py. Of a sequence only the valid steps
// are seen.
#pragma once

#include <cmath>

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class LayerNormStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;

    LayerNormStage(const Layer& layer, std::size_t columns)
        : layer_(layer), a_hat_(layer.units * columns * lanes), z_(layer.units * columns * lanes),
          a_(layer.units * columns * lanes), scale_(columns * lanes) {}

    // â = (a_in − μ) / √(σ² + ε), μ and σ² over the rows of a column;  z = γ â + β,  a = g(z)
    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        lengths_ = context.lengths, longest_ = lengths_ ? longest(lengths_, columns) : 0;
        const Rows<const T> from{in, columns};
        const Rows<T> a_hat{a_hat_.data(), columns}, z{z_.data(), columns};
        for (std::size_t c = 0; c < columns; ++c) {
            const V mu = mean(c, [&](std::size_t k) { return load(from.at(k, c)); });
            V variance = mean(c, [&](std::size_t k) {
                const V centred = load(from.at(k, c)) - mu;
                return centred * centred;
            });
            variance += splat(static_cast<T>(layer_.epsilon));
            V scale;
            for (std::size_t lane = 0; lane < lanes; ++lane) scale[lane] = T(1) / std::sqrt(variance[lane]);
            store(scale_.data() + c * lanes, scale);
            for (std::size_t k = 0; k < layer_.units; ++k) {
                const V normal = kept(k, c, (load(from.at(k, c)) - mu) * scale);
                store(a_hat.at(k, c), normal);
                store(z.at(k, c), Theta::get(theta, layer_.gamma + k) * normal + Theta::get(theta, layer_.beta + k));
            }
        }
        activate<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(),
                    layer_.units * columns * lanes);
        const std::size_t steps = layer_.recurrence.steps;
        clear_beyond(a_.data(), layer_.units / steps, steps, columns, lengths_);
        return a_.data();
    }

    // ∂J/∂γ = Σ δ â,  ∂J/∂β = Σ δ,  ∂J/∂a_in = (ĝ − mean ĝ − â · mean ĝ â) / √(σ² + ε)  with ĝ = γ δ
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        times_derivative<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(), grad.here,
                            layer_.units * columns * lanes);
        const Rows<T> delta{grad.here, columns}, a_hat{a_hat_.data(), columns};
        for (std::size_t k = 0; k < layer_.units; ++k) {
            V gamma{}, beta{};
            for (std::size_t c = 0; c < columns; ++c) {
                const V d = load(delta.at(k, c));
                gamma += d * load(a_hat.at(k, c)), beta += d;
            }
            Theta::template add<1>(gradient, layer_.gamma + k, 1, &gamma);
            Theta::template add<1>(gradient, layer_.beta + k, 1, &beta);
        }
        if (!to_input) return;
        for (std::size_t c = 0; c < columns; ++c) {
            const auto scaled = [&](std::size_t k) {
                return Theta::get(theta, layer_.gamma + k) * load(delta.at(k, c));
            };
            const V first = mean(c, scaled);
            const V second = mean(c, [&](std::size_t k) { return scaled(k) * load(a_hat.at(k, c)); });
            const V scale = load(scale_.data() + c * lanes);
            for (std::size_t k = 0; k < layer_.units; ++k)
                store(delta.at(k, c), kept(k, c, scale * (scaled(k) - first - load(a_hat.at(k, c)) * second)));
        }
    }

  private:
    // Zeros beyond a sequence's end; row k is channel and step, k = channel · steps + step.
    SHOAL_INLINE V kept(std::size_t k, std::size_t c, V v) const {
        return lengths_ ? select<V>(has_step(lengths_ + c * lanes, k % layer_.recurrence.steps), v, V{}) : v;
    }

    // The mean of f(k) over the rows of a column, in sums that do not wait for each other; of a sequence over its valid
    // steps, whose sums do not depend on how far it is padded.
    template <class F> SHOAL_INLINE V mean(std::size_t c, F f) const {
        V even{}, odd{};
        const std::size_t steps = layer_.recurrence.steps;
        if (lengths_ || steps > 1) {
            const std::size_t channels = layer_.units / steps, end = lengths_ ? longest_ : steps;
            for (std::size_t channel = 0; channel < channels; ++channel)
                for (std::size_t t = 0; t < end; ++t) (t % 2 ? odd : even) += kept(t, c, f(channel * steps + t));
            const V valid = lengths_ ? load(lengths_ + c * lanes) : splat(static_cast<T>(steps));
            return (even + odd) / (splat(static_cast<T>(channels)) * valid);
        }
        std::size_t k = 0;
        for (; k + 2 <= layer_.units; k += 2) even += f(k), odd += f(k + 1);
        if (k < layer_.units) even += f(k);
        return (even + odd) / splat(static_cast<T>(layer_.units));
    }

    const Layer& layer_;
    Aligned<T> a_hat_, z_, a_, scale_;
    const T* lengths_ = nullptr;
    std::size_t longest_ = 0;
};

}  // namespace shoal::SHOAL_ISA
