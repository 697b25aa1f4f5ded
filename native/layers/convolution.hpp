// A convolution, a = g(W * a_in + b): the compiled twin of shoal/layers/convolution.py.
//
//     z[m, y, x] = Σ_{c, i, j} W[m, c, i, j] · a_in[c, s y + d i − p, s x + d j − p] + b[m]
#pragma once

#include "frame.hpp"
#include "windows.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class ConvolutionStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    ConvolutionStage(const Layer& layer, std::size_t columns)
        : layer_(layer), geometry_(layer.geometry), frame_(geometry_), a_(layer.units * columns * lanes),
          own_z_(derivative_needs_z(layer.g) ? layer.units * columns * lanes : 0),
          z_(derivative_needs_z(layer.g) ? own_z_.data() : a_.data()) {
        const std::size_t framed = frame_.own() ? frame_.image().size() * columns * lanes : 0;
        in_frame_ = Aligned<T>(framed), grad_frame_ = Aligned<T>(framed);
        taps_.resize(geometry_.in.channels / geometry_.groups * geometry_.size.size());
        sums_ = Aligned<T>(4 * taps_.size() * lanes);
        panel_ = Aligned<T>(filters() * geometry_.out.columns * columns * lanes);
    }

    const T* forward(const T* theta, const T* in, std::size_t columns, const Noise*) override {
        if (columns != columns_) measure(columns);
        in_ = frame_.own() ? in_frame_.data() : in;
        if (frame_.own()) frame_.put(in, in_frame_.data(), columns);
        const std::size_t run = windows_.run * lanes;
        for (std::size_t y = 0; y < windows_.rows; ++y)
            for (std::size_t group = 0; group < geometry_.groups; ++group) {
                const std::size_t m = group * filters(), at = m * windows_.out_plane + y * windows_.out_row;
                correlate<T, LaneIsMember>(theta, layer_.weights + m * windows_.n_taps, layer_.biases + m, filters(),
                                           windows_, in_ + group * in_group_ + y * windows_.in_row, z_ + at);
                for (std::size_t i = 0; i < filters(); ++i) {
                    const std::size_t row = at + i * windows_.out_plane;
                    activate<T>(layer_.g, static_cast<T>(layer_.parameter), z_ + row, a_.data() + row, run);
                }
            }
        return a_.data();
    }

    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        differentiate(gradient, grad.here);
        for (std::size_t group = 0; group < geometry_.groups; ++group) {
            const std::size_t m = group * filters();
            correlate_outer<T, LaneIsMember>(gradient, layer_.weights + m * windows_.n_taps, filters(), windows_,
                                             grad.here + m * windows_.out_plane, in_ + group * in_group_, sums_.data());
        }
        if (!to_input) return;
        T* const to = frame_.own() ? grad_frame_.data() : grad.spare;
        std::fill(grad.spare, grad.spare + layer_.inputs * columns * lanes, T(0));
        if (frame_.own()) std::fill(to, to + frame_.image().size() * columns * lanes, T(0));
        feed_back(theta, grad.here, to);
        if (frame_.own()) frame_.take(to, grad.spare, columns);
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
        windows_ = {taps_.data(), taps_.size(), geometry_.out.rows, geometry_.out.columns * columns,
                    geometry_.stride.rows * in.columns * pixel, geometry_.out.columns * pixel,
                    geometry_.out.plane() * pixel};
        in_plane_ = in.plane() * pixel, in_group_ = geometry_.in.channels / geometry_.groups * in_plane_;
        std::fill(in_frame_.data(), in_frame_.data() + in_frame_.size(), T(0));
    }

    // δ = ∂J/∂a · g'(z), in place of ∂J/∂a; ∂J/∂b += δ, summed over positions and samples.
    void differentiate(T* gradient, T* grad) {
        for (std::size_t m = 0; m < geometry_.out.channels; ++m) {
            const std::size_t at = m * windows_.out_plane;
            times_derivative<T>(layer_.g, static_cast<T>(layer_.parameter), z_ + at, a_.data() + at, grad + at,
                                windows_.out_plane);
            plane_sum<T, LaneIsMember>(gradient, layer_.biases + m, grad + at, windows_.out_plane / lanes);
        }
    }

    // ∂J/∂a_in += Wᵀ δ, each where its window was.
    void feed_back(const T* theta, const T* delta, T* to) {
        const std::size_t run = windows_.run * lanes;
        for (std::size_t y = 0; y < windows_.rows; ++y)
            for (std::size_t group = 0; group < geometry_.groups; ++group) {
                const std::size_t first = group * filters();
                for (std::size_t m = 0; m < filters(); ++m)
                    std::memcpy(panel_.data() + m * run,
                                delta + (first + m) * windows_.out_plane + y * windows_.out_row, run * sizeof(T));
                spread<T, LaneIsMember>(theta, layer_.weights + first * windows_.n_taps, filters(),
                                        geometry_.in.channels / geometry_.groups, in_plane_, windows_, panel_.data(),
                                        to + group * in_group_ + y * windows_.in_row);
            }
    }

    const Layer& layer_;
    const Geometry& geometry_;
    const Frame<T> frame_;
    Aligned<T> a_, own_z_, in_frame_, grad_frame_, sums_, panel_;
    T* const z_;  // a, unless the derivative asks for z
    std::vector<std::size_t> taps_;
    Windows windows_{};
    std::size_t columns_ = 0, in_plane_ = 0, in_group_ = 0;
    const T* in_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
