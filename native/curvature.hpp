// How J bends: the Gauss-Newton Hessian of a group whose lanes are members, from the Jacobians of single samples. The
// compiled twin of shoal/networks/jacobians.py.
#pragma once

#include "batches.hpp"
#include "pass.hpp"
#include "solvers/definite.hpp"

namespace shoal::SHOAL_ISA {

// c of a loss ½ c Σ_k r².
inline double curvature_of(const Network& network) {
    return network.loss.kind == Loss::mean_squared_error ? 2.0 / static_cast<double>(network.outputs) : 1.0;
}

// Where a thread makes Hessians, for one group after the other.
template <class T> class GaussNewton {
  public:
    static constexpr std::size_t L = kLanes<T>;

    Curvature<T> made;

    // made.hessian = Σ_i share_i c J_iᵀ J_i over a batch, with J_i = ∂z_i/∂θ (K, D). A backward pass on one column whose δ is
    // √(share c) at one output and 0 at the others gives one row of a Jacobian.
    void add_up(Pass<T, true>& pass, const Network& network, const Columns<T, true>& columns, const T* theta) {
        begin(network.n_parameters, columns.numbers);
        const Vec<T> c = splat(static_cast<T>(curvature_of(network)));
        const std::size_t last = columns.numbers - 1;
        for (std::size_t b = 0; b < columns.batch.blocks(); ++b)
            for (std::size_t i = 0, width = columns.batch.width(b); i < width; ++i) {
                for (std::size_t row = 0; row < columns.numbers; ++row)
                    store(column_.data() + row * L, load(columns.x(b) + (row * width + i) * L));
                const T* share = columns.share_of(b) + i * L;
                const Seen<T> seen{nullptr,       0, columns.batch.first(b) + i, 1, columns.batch.samples, share,
                                   columns.places};
                pass.bind(column_.data(), share, columns.has_lengths ? column_.data() + last * L : nullptr, 1);
                for (std::size_t k = 0; k < network.outputs; ++k) {
                    std::fill(gradient_.data(), gradient_.data() + gradient_.size(), T(0));
                    pass.forward(theta, 1, &seen);
                    pass.pull(theta, gradient_.data(), k, square_root<Vec<T>>(load(share) * c));
                    keep();
                }
            }
        use();
    }

  private:
    static constexpr std::size_t kKept = 8;  // rows of Jacobians at a time

    void begin(std::size_t D, std::size_t numbers) {
        if (made.hessian.n() != D) {
            made.hessian = Triangle<T>(D), made.factor = Factor<T>(D);
            gradient_ = Aligned<T>(D * L), column_ = Aligned<T>(numbers * L);
            rows_ = Aligned<double>(kKept * row_size());
        }
        made.hessian.clear(), kept_ = 0;
    }

    std::size_t row_size() const { return made.hessian.tiles() * kTile * L; }

    // Keeps the gradient as a row of a Jacobian, whose end, up to whole tiles, stays 0.
    void keep() {
        double* const row = rows_.data() + kept_ * row_size();
        for (std::size_t d = 0; d < gradient_.size(); d += L)
            store_wide<T>(row + d, widen<T>(load(gradient_.data() + d)));
        if (++kept_ == kKept) use();
    }

    void use() {
        made.hessian.add_squares(rows_.data(), kept_);
        kept_ = 0;
    }

    Aligned<T> column_, gradient_;
    Aligned<double> rows_;
    std::size_t kept_ = 0;
};

}  // namespace shoal::SHOAL_ISA
