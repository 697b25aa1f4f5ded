// A convolution, a = g(W * a_in + b): the compiled twin of shoal/layers/conv2d.py, and of conv1d.py, where an image has
// one column and its rows are steps.
//
//     z[m, y, x] = Σ_{c, i, j} W[m, c, i, j] · a_in[c, s y + d i − p, s x + d j − p] + b[m]
//
// Of unshared fields (shoal/layers/locally_connected2d.py) each place (y, x) has a W and b of its own. There a run
// of windows is one place, where it is a row of the output otherwise.
#pragma once

#include "frame.hpp"
#include "windows.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class ConvolutionStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    ConvolutionStage(const Layer& layer, std::size_t columns)
        : layer_(layer), geometry_(layer.geometry), over_time_(layer.kind == LayerKind::conv1d),
          shared_(layer.kind != LayerKind::locally_connected), frame_(geometry_), a_(layer.units * columns * lanes),
          own_z_(derivative_needs_z(layer.g.kind) ? layer.units * columns * lanes : 0),
          z_(derivative_needs_z(layer.g.kind) ? own_z_.data() : a_.data()) {
        const std::size_t framed = frame_.own() ? frame_.image().size() * columns * lanes : 0;
        in_frame_ = Aligned<T>(framed), grad_frame_ = Aligned<T>(framed);
        taps_.resize(geometry_.in.channels / geometry_.groups * geometry_.size.size());
        sums_ = Aligned<T>(4 * taps_.size() * lanes);
        panel_ = Aligned<T>(filters() * geometry_.out.columns * columns * lanes);
        if (over_time_) after_ = Aligned<T>(columns * lanes);
    }

    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>& context) override {
        if (columns != columns_) measure(columns);
        lengths_ = context.lengths;
        if (lengths_) heed_lengths();
        in_ = frame_.own() ? in_frame_.data() : in;
        if (frame_.own()) frame_.put(in, in_frame_.data(), columns);
        each_run([&](std::size_t group, std::size_t W, std::size_t b, std::size_t from, std::size_t to) {
            const std::size_t at = group * filters() * windows_.out_plane + to;
            correlate<T, LaneIsMember>(theta, W, b, filters(), windows_, in_ + group * in_group_ + from, z_ + at);
            for (std::size_t i = 0; i < filters(); ++i) {
                const std::size_t row = at + i * windows_.out_plane;
                activate<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_ + row, a_.data() + row,
                            windows_.run * lanes);
            }
        });
        clear_beyond(a_.data(), geometry_.out.channels, geometry_.out.rows, columns, lengths_after(lengths_));
        return a_.data();
    }

    const T* lengths_after(const T* lengths) const override { return lengths ? after_.data() : nullptr; }

    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        times_derivative<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_, a_.data(), grad.here,
                            layer_.units * columns * lanes);
        differentiate(gradient, grad.here);
        if (!to_input) return;
        T* const to = frame_.own() ? grad_frame_.data() : grad.spare;
        std::fill(grad.spare, grad.spare + layer_.inputs * columns * lanes, T(0));
        if (frame_.own()) std::fill(to, to + frame_.image().size() * columns * lanes, T(0));
        feed_back(theta, grad.here, to);
        if (frame_.own()) frame_.take(to, grad.spare, columns);
        clear_beyond(grad.spare, geometry_.in.channels, geometry_.in.rows, columns, lengths_);
        grad.swap();
    }

  private:
    std::size_t filters() const { return geometry_.out.channels / geometry_.groups; }  // of a group

    // Where everything lies in blocks of so many columns.
    void measure(std::size_t columns) {
        columns_ = columns;
        const std::size_t pixel = columns * lanes;
        const Image& in = frame_.image();
        std::size_t* tap = taps_.data();
        for (std::size_t c = 0; c < geometry_.in.channels / geometry_.groups; ++c)
            for (std::size_t i = 0; i < geometry_.size.rows; ++i)
                for (std::size_t j = 0; j < geometry_.size.columns; ++j)
                    *tap++ = (c * in.plane() + frame_.tap(i, j)) * pixel;
        windows_ = {taps_.data(),
                    taps_.size(),
                    shared_ ? geometry_.out.rows : 1,
                    shared_ ? geometry_.out.columns * columns : columns,
                    geometry_.stride.rows * in.columns * pixel,
                    geometry_.out.columns * pixel,
                    geometry_.out.plane() * pixel};
        in_plane_ = in.plane() * pixel, in_group_ = geometry_.in.channels / geometry_.groups * in_plane_;
        std::fill(in_frame_.data(), in_frame_.data() + in_frame_.size(), T(0));
    }

    // Each sequence leaves as many steps as it would alone; one that is shorter than a window is seen by one.
    void heed_lengths() {
        const std::size_t stride = geometry_.stride.rows,
                          extent = (geometry_.size.rows - 1) * geometry_.dilation.rows + 1;
        for (std::size_t i = 0; i < columns_ * lanes; ++i) {
            const auto length = static_cast<std::size_t>(lengths_[i]);
            const std::size_t within = length < extent ? 1 : (length - extent) / stride + 1;
            after_.data()[i] = static_cast<T>(layer_.same ? (length + stride - 1) / stride : within);
        }
    }

    // f(group, place of W and of b in θ, first number of the input and of the output) for each run of windows.
    template <class F> void each_run(F f) const {
        const std::size_t places = shared_ ? 1 : geometry_.out.columns, pixel = columns_ * lanes;
        for (std::size_t y = 0; y < geometry_.out.rows; ++y)
            for (std::size_t x = 0; x < places; ++x)
                for (std::size_t group = 0; group < geometry_.groups; ++group) {
                    const std::size_t set = shared_ ? group : y * places + x;  // of filters
                    f(group, layer_.W + set * filters() * windows_.n_taps, layer_.b + set * filters(),
                      y * windows_.in_row + x * pixel, y * windows_.out_row + x * pixel);
                }
    }

    // ∂J/∂b = Σ δ and ∂J/∂W = Σ δ aᵀ, over samples, and over positions that share them.
    void differentiate(T* gradient, const T* delta) {
        const auto add = [&](std::size_t group, std::size_t W, std::size_t b, std::size_t from, std::size_t to) {
            const T* const of_group = delta + group * filters() * windows_.out_plane + to;
            for (std::size_t m = 0; m < filters(); ++m) {
                const T* const plane = of_group + m * windows_.out_plane;
                if (over_time_) step_sum<T, LaneIsMember>(gradient, b + m, plane, windows_.rows, windows_.run);
                else plane_sum<T, LaneIsMember>(gradient, b + m, plane, windows_.rows * windows_.run);
            }
            correlate_outer<T, LaneIsMember>(gradient, W, filters(), windows_, of_group, in_ + group * in_group_ + from,
                                             sums_.data());
        };
        if (!shared_) return each_run(add);
        for (std::size_t group = 0; group < geometry_.groups; ++group)
            add(group, layer_.W + group * filters() * windows_.n_taps, layer_.b + group * filters(), 0, 0);
    }

    // ∂J/∂a_in += Wᵀ δ, each where its window was.
    void feed_back(const T* theta, const T* delta, T* input) {
        const std::size_t run = windows_.run * lanes;
        each_run([&](std::size_t group, std::size_t W, std::size_t, std::size_t from, std::size_t to) {
            for (std::size_t m = 0; m < filters(); ++m)
                std::memcpy(panel_.data() + m * run, delta + (group * filters() + m) * windows_.out_plane + to,
                            run * sizeof(T));
            spread<T, LaneIsMember>(theta, W, filters(), geometry_.in.channels / geometry_.groups, in_plane_, windows_,
                                    panel_.data(), input + group * in_group_ + from);
        });
    }

    const Layer& layer_;
    const Geometry& geometry_;
    const bool over_time_, shared_;
    const Frame<T> frame_;
    Aligned<T> a_, own_z_, in_frame_, grad_frame_, sums_, panel_, after_;
    T* const z_;  // a, unless the derivative asks for z
    std::vector<std::size_t> taps_;
    Windows windows_{};
    std::size_t columns_ = 0, in_plane_ = 0, in_group_ = 0;
    const T *in_ = nullptr, *lengths_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
