// What a layer is to a pass: the compiled twin of shoal/layers/base.py.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "../activations.hpp"
#include "../wide.hpp"
#include "lengths.hpp"

namespace shoal::SHOAL_ISA {

// What a pass knows of its block in training besides x. `keys` holds seed and number of the member in each lane (lane
// = network), or of the one member in all lanes (lane = sample), from which dropout comes; null: there is none.
template <class T> struct Seen {
    const std::uint64_t* keys;
    std::uint64_t step;
    std::size_t first, samples, batch;  // samples first … first + samples − 1 of a batch
    const T* share;                     // of each sample in J, in columns
    // For each lane with samples of its own, where in the batch they stood before they were sorted; null: they were not.
    const std::uint32_t* const* places;

    // Which of the batch's samples number s of the block is, in a lane.
    std::size_t place(std::size_t lane, std::size_t s) const { return places ? places[lane][first + s] : first + s; }
};

// What a stage is told besides its input, each of it null where there is none.
template <class T> struct Context {
    const Seen<T>* seen;  // in training
    const T* lengths;     // of sequences, in columns: so many steps of each are valid, and beyond them lie zeros
};

// ∂J/∂a of a layer's output, then of its input, and as much room again: a layer that cannot work in place
// writes there and lets the two change places.
template <class T> struct Gradients {
    T *here, *spare;
    void swap() { std::swap(here, spare); }
};

// What the stages of a pass share: panels for each thread that takes rows of a wide layer.
template <class T> using Tools = std::vector<Panels<T>>;

// A layer at work on blocks of columns, one after the other: what it keeps of a block between forward and
// backward is allocated once. Rows are as in products.hpp.
template <class T> class Stage {
  public:
    virtual ~Stage() = default;

    // The output for the rows `in`, `columns` wide, which stay as they are until `backward`.
    virtual const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) = 0;

    // The lengths of the output's sequences, null where these are none any more. Call after `forward`, which was told
    // those of the input.
    virtual const T* lengths_after(const T* lengths) const { return lengths; }

    // Adds ∂J/∂θ to `gradient`. Where `to_input`, ∂J/∂a of the output becomes that of the input. What `forward`
    // was given, and `columns`, are the same as there.
    virtual void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) = 0;
};

// A layer that says how what lies there is seen. What stood beyond a sequence's end has no gradient.
template <class T> class FlattenStage final : public Stage<T> {
  public:
    explicit FlattenStage(const Layer& layer) : layer_(layer) {}

    const T* forward(const T*, const T* in, std::size_t, const Context<T>& context) override {
        lengths_ = context.lengths;
        return in;
    }
    const T* lengths_after(const T*) const override { return nullptr; }
    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        const std::size_t steps = layer_.recurrence.steps;
        clear_beyond(grad.here, layer_.units / steps, steps, columns, lengths_);
    }

  private:
    const Layer& layer_;
    const T* lengths_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
