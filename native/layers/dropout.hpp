// Inverted dropout, a = r · a_in / (1 − rate): the compiled twin of shoal/layers/dropout.py.
#pragma once

#include "../philox.hpp"
#include "layer.hpp"

namespace shoal::SHOAL_ISA {

// Writes r / (1 − rate) into rows of columns, each r a draw for layer `number`: `of(row)` says which row it is among the
// draws, which are numbered (row, sample) over the whole batch.
template <class T, bool LaneIsMember, class F>
void draw_mask(const Seen<T>& seen, std::size_t number, double rate, std::size_t rows, std::size_t columns, T* mask,
               F of) {
    constexpr std::size_t lanes = kLanes<T>;
    const double keep = 1 - rate;
    const T scale = static_cast<T>(1) / static_cast<T>(keep);
    for (std::size_t lane = 0; lane < (LaneIsMember ? lanes : 1); ++lane) {
        Stream stream(seen.keys[2 * lane], seen.keys[2 * lane + 1], Purpose::dropout, seen.step << 16 | number);
        for (std::size_t row = 0; row < rows; ++row)
            for (std::size_t s = 0; s < seen.samples; ++s) {
                const double u = stream.uniform(of(row) * seen.batch + seen.place(lane, s));
                const std::size_t at = LaneIsMember ? s * lanes + lane : s;
                mask[row * columns * lanes + at] = u < keep ? scale : T(0);
            }
    }
}

template <class T, bool LaneIsMember> class DropoutStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    // `number` is the layer's place in the network, by which its draws are addressed.
    DropoutStage(const Layer& layer, std::size_t number, std::size_t columns)
        : layer_(layer), number_(number), a_(layer.units * columns * lanes), mask_(layer.units * columns * lanes) {}

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>& context) override {
        dropped_ = context.seen && context.seen->keys && layer_.rate > 0;
        if (!dropped_) return in;
        draw(columns, *context.seen);
        std::memcpy(a_.data(), in, layer_.units * columns * lanes * sizeof(T));
        multiply(a_.data(), columns);
        return a_.data();
    }

    // ∂J/∂a_in = r · ∂J/∂a / (1 − rate), in place.
    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        if (dropped_) multiply(grad.here, columns);
    }

  private:
    // The scaled mask r / (1 − rate), its draws numbered (row, sample) over the whole batch; of sequences step by step, so
    // that padding changes none.
    void draw(std::size_t columns, const Seen<T>& seen) {
        const std::size_t steps = layer_.recurrence.steps, channels = layer_.units / steps;
        draw_mask<T, LaneIsMember>(seen, number_, layer_.rate, layer_.units, columns, mask_.data(),
                                   [=](std::size_t row) { return row % steps * channels + row / steps; });
    }

    void multiply(T* a, std::size_t columns) const {
        for (std::size_t i = 0; i < layer_.units * columns * lanes; i += lanes)
            store(a + i, load(a + i) * load(mask_.data() + i));
    }

    const Layer& layer_;
    const std::size_t number_;
    Aligned<T> a_, mask_;
    bool dropped_ = false;
};

}  // namespace shoal::SHOAL_ISA
