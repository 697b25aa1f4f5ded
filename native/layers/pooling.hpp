// Pools, which make one number of each window: the compiled twins of shoal/layers/max_pool2d.py and
// average_pool2d.py. A mean over the whole image is a window as large as it.
#pragma once

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

// A window's size in pixels: known to the compiler, or 0.
template <std::size_t known> struct WindowSize {
    Extent size;
    std::size_t rows() const { return known ? known : size.rows; }
    std::size_t columns() const { return known ? known : size.columns; }
};

template <class T> class PoolStage : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;

    PoolStage(const Layer& layer, std::size_t columns) : geometry_(layer.geometry), a_(layer.units * columns * lanes) {}

  protected:
    // f(from, to, at, size) for each window in each column: its first number and its result's, and where its
    // pixel (i, j) lies from the first.
    template <class F> void each_window(std::size_t columns, F f) const {
        if (geometry_.size.rows == 2 && geometry_.size.columns == 2) walk(columns, WindowSize<2>{}, f);
        else walk(columns, WindowSize<0>{geometry_.size}, f);
    }

    // ∂J/∂a of the input, 0 where nothing is added to it.
    T* cleared(std::size_t columns, Gradients<T>& grad) const {
        std::fill(grad.spare, grad.spare + geometry_.in.size() * columns * lanes, T(0));
        return grad.spare;
    }

    const Geometry& geometry_;
    Aligned<T> a_;

  private:
    template <class Size, class F> SHOAL_INLINE void walk(std::size_t columns, Size size, F f) const {
        const Geometry& g = geometry_;
        const std::size_t pixel = columns * lanes, row = g.in.columns * pixel;
        const auto at = [=](std::size_t i, std::size_t j) { return i * row + j * pixel; };
        std::size_t to = 0;
        for (std::size_t c = 0; c < g.in.channels; ++c)
            for (std::size_t y = 0; y < g.out.rows; ++y) {
                const std::size_t first = (c * g.in.rows + y * g.stride.rows) * row;
                for (std::size_t x = 0; x < g.out.columns; ++x)
                    for (std::size_t i = 0; i < pixel; i += lanes, to += lanes)
                        f(first + x * g.stride.columns * pixel + i, to, at, size);
            }
    }
};

// a = max over the window; the first place where it stands takes the gradient.
template <class T> class MaxPoolStage final : public PoolStage<T> {
  public:
    using V = Vec<T>;
    using PoolStage<T>::PoolStage, PoolStage<T>::lanes;

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>&) override {
        in_ = in;
        this->each_window(columns, [in, a = this->a_.data()](std::size_t from, std::size_t to, auto at, auto size) {
            V largest = load(in + from);
            for (std::size_t i = 0; i < size.rows(); ++i)
                for (std::size_t j = 0; j < size.columns(); ++j) {
                    const V x = load(in + from + at(i, j));
                    largest = select<V>((x > largest) | (x != x), x, largest);  // NaN is not lost
                }
            store(a + to, largest);
        });
        return this->a_.data();
    }

    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        T* const to_input = this->cleared(columns, grad);
        this->each_window(columns, [=, in = in_, a = this->a_.data(), delta = grad.here](
                                       std::size_t from, std::size_t to, auto at, auto size) {
            const V largest = load(a + to);
            V rest = load(delta + to);
            for (std::size_t i = 0; i < size.rows(); ++i)
                for (std::size_t j = 0; j < size.columns(); ++j) {
                    const std::size_t pixel = from + at(i, j);
                    const MaskOf<T> first = load(in + pixel) == largest;
                    store(to_input + pixel, load(to_input + pixel) + select<V>(first, rest, V{}));
                    rest = select<V>(first, V{}, rest);
                }
        });
        grad.swap();
    }

  private:
    const T* in_ = nullptr;
};

// a = the window's mean.
template <class T> class AveragePoolStage final : public PoolStage<T> {
  public:
    using V = Vec<T>;
    using PoolStage<T>::PoolStage, PoolStage<T>::lanes;

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>&) override {
        const V n = splat(static_cast<T>(this->geometry_.size.size()));
        this->each_window(columns, [=, a = this->a_.data()](std::size_t from, std::size_t to, auto at, auto size) {
            V total{};
            for (std::size_t i = 0; i < size.rows(); ++i)
                for (std::size_t j = 0; j < size.columns(); ++j) total += load(in + from + at(i, j));
            store(a + to, total / n);
        });
        return this->a_.data();
    }

    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        T* const to_input = this->cleared(columns, grad);
        const V n = splat(static_cast<T>(this->geometry_.size.size()));
        this->each_window(columns, [=, delta = grad.here](std::size_t from, std::size_t to, auto at, auto size) {
            const V part = load(delta + to) / n;
            for (std::size_t i = 0; i < size.rows(); ++i)
                for (std::size_t j = 0; j < size.columns(); ++j) {
                    T* const pixel = to_input + from + at(i, j);
                    store(pixel, load(pixel) + part);
                }
        });
        grad.swap();
    }
};

}  // namespace shoal::SHOAL_ISA
