// A dense layer, a = g(W a_in + b): the compiled twin of shoal/layers/dense.py.
#pragma once

#include <algorithm>

#include "../pool.hpp"
#include "layer.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class DenseStage final : public Stage<T> {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    DenseStage(const Layer& layer, std::size_t columns, Tools<T>& tools)
        : layer_(layer), tools_(tools), a_(layer.units * columns * lanes),
          own_z_(derivative_needs_z(layer.g.kind) ? layer.units * columns * lanes : 0),
          z_(derivative_needs_z(layer.g.kind) ? own_z_.data() : a_.data()) {}

    // z = W a + b,  a = g(z)
    const T* forward(const T* theta, const T* in, std::size_t columns, const Context<T>&) override {
        in_ = {in, columns};
        const auto activate_rows = [&](std::size_t first, std::size_t rows) {
            const std::size_t at = first * columns * lanes;
            activate<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_ + at, a_.data() + at,
                        rows * columns * lanes);
        };
        if (!is_wide<LaneIsMember>(layer_)) {
            const auto sum = [&](auto then) {
                weighted_sum<T, LaneIsMember>(theta, W(), layer_.units, layer_.inputs, in_, Rows<T>{z_, columns},
                                              &layer_.b, columns, then);
            };
            if (layer_.g.kind == Activation::relu) {  // so cheap that storing z first would cost as much again
                sum([](Vec<T> z) { return relu(z); });
            } else {
                sum(Unchanged{});
                activate_rows(0, layer_.units);
            }
            return a_.data();
        }
        each_piece(layer_.units, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            wide_weighted_sum<T>(theta, W(), first, rows, layer_.inputs, in_, Rows<T>{z_, columns}, theta + layer_.b,
                                 columns, panels);
            activate_rows(first, rows);
        });
        return a_.data();
    }

    void backward(const T* theta, T* gradient, std::size_t columns, Gradients<T>& grad, bool to_input) override {
        differentiate(gradient, columns, Rows<T>{grad.here, columns});
        if (!to_input) return;
        feed_back(theta, Rows<const T>{grad.here, columns}, Rows<T>{grad.spare, columns});
        grad.swap();
    }

  private:
    Matrix W() const { return {layer_.W, layer_.inputs, 1}; }
    Matrix W_T() const { return {layer_.W, 1, layer_.inputs}; }

    // δ = ∂J/∂a · g'(z), in place of ∂J/∂a; ∂J/∂W += δ aᵀ and ∂J/∂b += δ, summed over the samples.
    void differentiate(T* gradient, std::size_t columns, Rows<T> grad) {
        const auto delta_rows = [&](std::size_t first, std::size_t rows) {
            const std::size_t at = first * columns * lanes;
            times_derivative<T>(layer_.g.kind, static_cast<T>(layer_.g.parameter), z_ + at, a_.data() + at,
                                grad.data + at, rows * columns * lanes);
            const Rows<const T> delta{grad.at(first, 0), columns};
            row_sum<T, LaneIsMember>(gradient, layer_.b + first, rows, delta, columns);
        };
        const Rows<const T> delta{grad.data, columns};
        if (!is_wide<LaneIsMember>(layer_)) {
            delta_rows(0, layer_.units);
            return outer_sum<T, LaneIsMember>(gradient, layer_.W, layer_.units, layer_.inputs, delta, in_, columns);
        }
        each_piece(layer_.units, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            delta_rows(first, rows);
            wide_outer_sum<T>(gradient + layer_.W, first, rows, layer_.inputs, delta, in_, columns, panels);
        });
    }

    // ∂J/∂a_in = Wᵀ δ
    void feed_back(const T* theta, Rows<const T> delta, Rows<T> grad) {
        if (!is_wide<LaneIsMember>(layer_))
            return weighted_sum<T, LaneIsMember>(theta, W_T(), layer_.inputs, layer_.units, delta, grad, nullptr,
                                                 delta.stride);
        each_piece(layer_.inputs, [&](Panels<T>& panels, std::size_t first, std::size_t rows) {
            wide_weighted_sum<T>(theta, W_T(), first, rows, layer_.units, delta, grad, nullptr, delta.stride, panels);
        });
    }

    // work(panels, first, rows) for all rows of a wide product.
    template <class F> void each_piece(std::size_t rows, F work) {
        const std::size_t each = rows_of_a_piece(rows, tools_.size());
        share_out(tools_.size(), (rows + each - 1) / each, [&](std::size_t thread, std::size_t piece) {
            work(tools_[thread], piece * each, std::min(each, rows - piece * each));
        });
    }

    const Layer& layer_;
    Tools<T>& tools_;
    Aligned<T> a_, own_z_;
    T* const z_;  // a, unless the derivative asks for z
    Rows<const T> in_{};
};

}  // namespace shoal::SHOAL_ISA
