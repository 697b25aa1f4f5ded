// Batch normalisation, a = g(γ â + β): the compiled twin of shoal/layers/batch_norm.py.
//
// Its statistics are of a whole batch, so a batch is one block of columns wherever there is such a layer.
#pragma once

#include <cmath>

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class BatchNormStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;
    using Theta = Parameters<T, LaneIsMember>;

    BatchNormStage(const Layer& layer, std::size_t columns)
        : layer_(layer), channels_(layer.channels()), places_(layer.units / channels_),
          a_hat_(layer.units * columns * lanes), z_(layer.units * columns * lanes), a_(layer.units * columns * lanes),
          w_(columns * lanes), mean_(channels_ * lanes), variance_(channels_ * lanes), scale_(channels_ * lanes) {}

    // â = (a_in − μ) / √(σ² + ε),  z = γ â + β,  a = g(z), with μ = Σ w a_in and σ² = Σ w (a_in − μ)² over samples and
    // places; the running statistics where nothing is seen, or nothing of weight.
    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        lengths_ = context.lengths;
        const V somebody = weigh(columns, context.seen);
        for (std::size_t k = 0; k < channels_; ++k) {
            const T* const from = in + k * places_ * columns * lanes;
            V mean = Theta::get(theta, layer_.mean + k), variance = Theta::get(theta, layer_.variance + k);
            if (any(somebody != V{})) {
                const V mu = total(columns, [=](std::size_t i, V w) { return w * load(from + i); });
                mean = select<V>(somebody != V{}, mu, mean);
                const V sigma2 = total(columns, [=](std::size_t i, V w) {
                    const V centred = load(from + i) - mean;
                    return w * (centred * centred);
                });
                variance = select<V>(somebody != V{}, sigma2, variance);
            }
            normalise(theta, k, from, columns, mean, variance);
        }
        activate<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(),
                    layer_.units * columns * lanes);
        clear_beyond(a_.data(), channels_, places_, columns, lengths_);
        return a_.data();
    }

    // ∂J/∂γ = Σ δ â,  ∂J/∂β = Σ δ,  ∂J/∂a_in = γ / √(σ² + ε) · (δ − w (∂J/∂β + â ∂J/∂γ)); in the places of the running
    // statistics by how much they change.
    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        times_derivative<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_.data(), a_.data(), grad.here,
                            layer_.units * columns * lanes);
        for (std::size_t k = 0; k < channels_; ++k) {
            const std::size_t first = k * places_ * columns * lanes;
            T* const delta = grad.here + first;
            const T* const a_hat = a_hat_.data() + first;
            const V gamma = total(columns, [=](std::size_t i, V) { return load(delta + i) * load(a_hat + i); });
            const V beta = total(columns, [=](std::size_t i, V) { return load(delta + i); });
            add(gradient, layer_.gamma + k, gamma), add(gradient, layer_.beta + k, beta);
            add(gradient, layer_.mean + k, change(theta, layer_.mean + k, load(mean_.data() + k * lanes)));
            add(gradient, layer_.variance + k, change(theta, layer_.variance + k, load(variance_.data() + k * lanes)));
            if (!to_input) continue;
            const V factor = Theta::get(theta, layer_.gamma + k) * load(scale_.data() + k * lanes);
            each(columns, [=](std::size_t i, V w) {
                const V share = w * (beta + load(a_hat + i) * gamma);
                store(delta + i, factor * (load(delta + i) - share));
            });
        }
    }

  private:
    // A sample's share of the statistics at one place, which is a step where sequences have unequal lengths.
    SHOAL_INLINE V weight(std::size_t place, std::size_t c) const {
        const V w = load(w_.data() + c * lanes);
        return lengths_ ? select<V>(has_step(lengths_ + c * lanes, place), w, V{}) : w;
    }

    // Keeps each sample's share of the statistics, and returns the sum: 0 where there is none.
    V weigh(std::size_t columns, const Seen<T>* seen) {
        const V places = splat(static_cast<T>(places_));
        V sum{};
        for (std::size_t c = 0; c < columns * lanes; c += lanes) {
            const V w = seen ? load(seen->share + c) / (lengths_ ? load(lengths_ + c) : places) : V{};
            store(w_.data() + c, w);
            sum += w;
        }
        return folded(sum);
    }

    void normalise(const T* theta, std::size_t k, const T* from, std::size_t columns, V mean, V variance) {
        const V spread = variance + splat(static_cast<T>(layer_.epsilon));
        V scale;
        for (std::size_t lane = 0; lane < lanes; ++lane) scale[lane] = T(1) / std::sqrt(spread[lane]);
        store(mean_.data() + k * lanes, mean), store(variance_.data() + k * lanes, variance);
        store(scale_.data() + k * lanes, scale);
        const V gamma = Theta::get(theta, layer_.gamma + k), beta = Theta::get(theta, layer_.beta + k);
        T* const a_hat = a_hat_.data() + k * places_ * columns * lanes;
        T* const z = z_.data() + k * places_ * columns * lanes;
        for (std::size_t i = 0; i < places_ * columns * lanes; i += lanes) {
            const V normal = (load(from + i) - mean) * scale;
            store(a_hat + i, normal), store(z + i, gamma * normal + beta);
        }
    }

    V change(const T* theta, std::size_t k, V observed) const {
        return splat(static_cast<T>(1 - layer_.momentum)) * (observed - Theta::get(theta, k));
    }

    // A member's sum, in all lanes where these are its samples.
    static V folded(V v) { return LaneIsMember ? v : splat(sum(v)); }

    // Adds what is a member's own already, in each lane or in all.
    static void add(T* gradient, std::size_t k, V v) {
        if constexpr (LaneIsMember) store(gradient + k * lanes, load(gradient + k * lanes) + v);
        else gradient[k] += v[0];
    }

    // f(i, w) for each vector of a channel, at i numbers from its first, with the shares w of its samples.
    template <class F> SHOAL_INLINE void each(std::size_t columns, F f) const {
        for (std::size_t place = 0; place < places_; ++place)
            for (std::size_t c = 0; c < columns; ++c) f((place * columns + c) * lanes, weight(place, c));
    }

    // Σ f(i, w), in sums that do not wait for each other.
    template <class F> SHOAL_INLINE V total(std::size_t columns, F f) const {
        constexpr std::size_t kSums = 4;
        V acc[kSums] = {};
        const auto term = [&](std::size_t place, std::size_t c) {
            return f((place * columns + c) * lanes, weight(place, c));
        };
        for (std::size_t place = 0; place < places_; ++place) {
            std::size_t c = 0;
            for (; c + kSums <= columns; c += kSums)
                for (std::size_t s = 0; s < kSums; ++s) acc[s] += term(place, c + s);
            for (; c < columns; ++c) acc[0] += term(place, c);
        }
        return folded((acc[0] + acc[1]) + (acc[2] + acc[3]));
    }

    const Layer& layer_;
    const std::size_t channels_, places_;
    Aligned<T> a_hat_, z_, a_, w_, mean_, variance_, scale_;
    const T* lengths_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
