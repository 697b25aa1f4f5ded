// What goes on of a sequence, or of windows of its steps: the compiled twins of shoal/layers/global_max_pool1d.py,
// global_average_pool1d.py, last_step.py, max_pool1d.py and average_pool1d.py. Only valid steps are seen.
#pragma once

#include "layer.hpp"
#include "lengths.hpp"

namespace shoal::SHOAL_ISA {

// Windows of `size` steps, `stride` apart; one over all steps is what a global pool has. Of a sequence that is shorter
// than a window there is one, over its valid steps.
template <class T> class StepsStage : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using V = Vec<T>;

    StepsStage(const Layer& layer, std::size_t columns)
        : of_(layer.recurrence), size_(layer.size ? layer.size : of_.steps), stride_(layer.size ? layer.stride : 1),
          out_(layer.units / of_.channels), a_(layer.units * columns * lanes), after_(columns * lanes),
          all_(columns * lanes) {
        std::fill(all_.data(), all_.data() + all_.size(), static_cast<T>(of_.steps));
    }

    const T* lengths_after(const T* lengths) const override {
        return lengths && size_ < of_.steps ? after_.data() : nullptr;
    }

  protected:
    void look_at(const T* in, std::size_t columns, const Context<T>& context) {
        in_ = in;
        lengths_ = context.lengths ? context.lengths : all_.data();
        for (std::size_t i = 0; i < columns * lanes; ++i) {
            const auto length = static_cast<std::size_t>(lengths_[i]);
            after_.data()[i] = static_cast<T>(length < size_ ? 1 : (length - size_) / stride_ + 1);
        }
    }

    // f(from, to, step, i) for each window in each column i: its first number and step, and its result's.
    template <class F> void each_window(std::size_t columns, F f) const {
        const std::size_t row = columns * lanes;
        for (std::size_t c = 0; c < of_.channels; ++c)
            for (std::size_t t = 0; t < out_; ++t)
                for (std::size_t i = 0; i < row; i += lanes)
                    f((c * of_.steps + t * stride_) * row + i, (c * out_ + t) * row + i, t * stride_, i);
    }

    T* cleared(std::size_t columns, Gradients<T>& grad) const {
        std::fill(grad.spare, grad.spare + of_.channels * of_.steps * columns * lanes, T(0));
        return grad.spare;
    }

    const Recurrence& of_;
    const std::size_t size_, stride_, out_;
    Aligned<T> a_;
    const T *in_ = nullptr, *lengths_ = nullptr;

  private:
    Aligned<T> after_, all_;
};

// a = max over the window's valid steps; the first where it stands takes the gradient.
template <class T> class StepsMaxStage final : public StepsStage<T> {
  public:
    using V = Vec<T>;
    using StepsStage<T>::StepsStage, StepsStage<T>::lanes;

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>& context) override {
        this->look_at(in, columns, context);
        const std::size_t row = columns * lanes, size = this->size_;
        this->each_window(columns, [=, a = this->a_.data(), lengths = this->lengths_](std::size_t from, std::size_t to,
                                                                                      std::size_t step, std::size_t i) {
            V largest = load(in + from);
            for (std::size_t k = 1; k < size; ++k) {
                const V x = load(in + from + k * row);
                largest = select<V>(((x > largest) | (x != x)) & has_step(lengths + i, step + k), x, largest);
            }
            store(a + to, select<V>(has_step(lengths + i, step), largest, V{}));
        });
        clear_beyond(this->a_.data(), this->of_.channels, this->out_, columns, this->lengths_after(context.lengths));
        return this->a_.data();
    }

    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        T* const to_input = this->cleared(columns, grad);
        const std::size_t row = columns * lanes, size = this->size_;
        this->each_window(
            columns, [=, in = this->in_, a = this->a_.data(), lengths = this->lengths_, delta = grad.here](
                         std::size_t from, std::size_t to, std::size_t step, std::size_t i) {
                const V largest = load(a + to);
                V rest = load(delta + to);
                for (std::size_t k = 0; k < size; ++k) {
                    T* const at = to_input + from + k * row;
                    const MaskOf<T> first = (load(in + from + k * row) == largest) & has_step(lengths + i, step + k);
                    store(at, load(at) + select<V>(first, rest, V{}));
                    rest = select<V>(first, V{}, rest);
                }
            });
        grad.swap();
    }
};

// a = the mean of the window's valid steps.
template <class T> class StepsMeanStage final : public StepsStage<T> {
  public:
    using V = Vec<T>;
    using StepsStage<T>::StepsStage, StepsStage<T>::lanes;

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>& context) override {
        this->look_at(in, columns, context);
        const std::size_t row = columns * lanes, size = this->size_;
        this->each_window(columns,
                          [=, a = this->a_.data()](std::size_t from, std::size_t to, std::size_t, std::size_t i) {
                              V total{};
                              for (std::size_t k = 0; k < size; ++k) total += load(in + from + k * row);
                              store(a + to, total / count(i));
                          });
        clear_beyond(this->a_.data(), this->of_.channels, this->out_, columns, this->lengths_after(context.lengths));
        return this->a_.data();
    }

    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        T* const to_input = this->cleared(columns, grad);
        const std::size_t row = columns * lanes, size = this->size_;
        this->each_window(columns, [=, lengths = this->lengths_, delta = grad.here](std::size_t from, std::size_t to,
                                                                                    std::size_t step, std::size_t i) {
            const V part = load(delta + to) / count(i);
            for (std::size_t k = 0; k < size; ++k) {
                T* const at = to_input + from + k * row;
                store(at, load(at) + select<V>(has_step(lengths + i, step + k), part, V{}));
            }
        });
        grad.swap();
    }

  private:
    // Valid steps of a window.
    V count(std::size_t i) const { return min(splat(static_cast<T>(this->size_)), load(this->lengths_ + i)); }
};

// a = the last valid step.
template <class T> class LastStepStage final : public StepsStage<T> {
  public:
    using V = Vec<T>;
    using StepsStage<T>::StepsStage, StepsStage<T>::lanes;

    const T* forward(const T*, const T* in, std::size_t columns, const Context<T>& context) override {
        this->look_at(in, columns, context);
        const std::size_t row = columns * lanes, steps = this->of_.steps;
        this->each_window(columns,
                          [=, a = this->a_.data()](std::size_t from, std::size_t to, std::size_t, std::size_t i) {
                              V last{};
                              for (std::size_t k = 0; k < steps; ++k)
                                  last = select<V>(is_last(i, k), load(in + from + k * row), last);
                              store(a + to, last);
                          });
        return this->a_.data();
    }

    void backward(const T*, T*, std::size_t columns, Gradients<T>& grad, bool) override {
        T* const to_input = grad.spare;
        const std::size_t row = columns * lanes, steps = this->of_.steps;
        this->each_window(columns,
                          [=, delta = grad.here](std::size_t from, std::size_t to, std::size_t, std::size_t i) {
                              for (std::size_t k = 0; k < steps; ++k)
                                  store(to_input + from + k * row, select<V>(is_last(i, k), load(delta + to), V{}));
                          });
        grad.swap();
    }

  private:
    MaskOf<T> is_last(std::size_t i, std::size_t step) const {
        return load(this->lengths_ + i) == splat(static_cast<T>(step + 1));
    }
};

}  // namespace shoal::SHOAL_ISA
