// Sums over steps of a product δ xᵀ: the gradient of a recurrent layer's matrix, and of the biases beside it.
#pragma once

#include "layer.hpp"
#include "steps.hpp"

namespace shoal::SHOAL_ISA {

// ∂J/∂W = Σ_t δ_t x_tᵀ and, where `biased`, ∂J/∂b = Σ_t δ_t, for a matrix of so many rows and inputs. Inputs that fill
// whole vectors go by panels, where a lane is a sample; others, and a row of ones for b, are added up in lanes, which are
// folded at the end.
template <class T, bool LaneIsMember> class OuterSum {
  public:
    static constexpr std::size_t lanes = kLanes<T>;
    using Theta = Parameters<T, LaneIsMember>;

    OuterSum() = default;
    OuterSum(std::size_t rows, std::size_t inputs, bool biased, std::size_t columns)
        : rows_(rows), inputs_(inputs), whole_(LaneIsMember ? 0 : inputs / lanes * lanes), biased_(biased),
          in_(inputs - whole_ + biased), ones_(columns * lanes), in_lanes_(rows * in_.size() * lanes),
          by_panels_(whole_ ? rows * inputs : 0) {
        std::fill(ones_.data(), ones_.data() + ones_.size(), T(1));
        if (biased) in_.back() = ones_.data();
    }

    void clear() {
        std::fill(in_lanes_.data(), in_lanes_.data() + in_lanes_.size(), T(0));
        std::fill(by_panels_.data(), by_panels_.data() + by_panels_.size(), T(0));
    }

    // Adds a step's, of the first `width` columns.
    template <std::size_t parts>
    void add(const Part (&of)[parts], const T* delta, Rows<const T> in, std::size_t width, Panels<T>& panels) {
        for (std::size_t i = whole_; i < inputs_; ++i) in_[i - whole_] = in.at(i, 0);
        for (const Part& part : of) {
            const Rows<const T> own{delta + part.of_delta * in.stride * lanes, in.stride};
            if (whole_)
                whole_outer_sum<T>(by_panels_.data() + part.of_theta * inputs_, 0, part.rows, inputs_, own, in, width,
                                   panels);
            if (!in_.empty())
                lane_sums<T>(own.data, part.rows, in.stride, width, in_,
                             in_lanes_.data() + part.of_theta * in_.size() * lanes);
        }
    }

    // Adds each number to the gradient once, whatever lies there: so blocks may be added up apart.
    void add_to(T* gradient, std::size_t matrix, std::size_t bias) const {
        for (std::size_t row = 0; row < rows_; ++row) {
            for (std::size_t i = 0; i < whole_; ++i)
                gradient[matrix + row * inputs_ + i] += by_panels_.data()[row * inputs_ + i];
            for (std::size_t i = 0; i < in_.size(); ++i) {
                const bool is_bias = biased_ && i + 1 == in_.size();
                Vec<T> sum = load(in_lanes_.data() + (row * in_.size() + i) * lanes);
                Theta::template add<1>(gradient, is_bias ? bias + row : matrix + row * inputs_ + whole_ + i, 1, &sum);
            }
        }
    }

  private:
    std::size_t rows_ = 0, inputs_ = 0, whole_ = 0;
    bool biased_ = false;
    std::vector<const T*> in_;
    Aligned<T> ones_, in_lanes_, by_panels_;
};

}  // namespace shoal::SHOAL_ISA
