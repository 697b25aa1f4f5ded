// The layers on a block of columns: forward, loss, backward. The compiled twin of shoal/networks/backprop.py.
#pragma once

#include "layers/make.hpp"
#include "losses.hpp"

namespace shoal::SHOAL_ISA {

// One pass over at most `columns` columns; its memory is allocated once.
template <class T, bool LaneIsMember> class Pass {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    // `threads` share the rows of wide layers.
    Pass(const Network& network, std::size_t columns, std::size_t threads)
        : network_(network), tools_(made(network, threads)), stack_(network.layers, 0, columns, *tools_) {
        for (Aligned<T>& grad : grad_) grad = Aligned<T>(network.widest() * columns * lanes);
    }

    std::size_t threads() const { return tools_->size(); }

    // The block to work on: the rows of x (inputs) and of y (outputs), one of shares and, of sequences of unequal
    // lengths, one of these, each `columns` wide.
    void bind(const T* x, const T* share, const T* lengths, std::size_t columns) {
        input_ = x;
        y_ = input_ + network_.inputs * columns * lanes;
        share_ = share, lengths_ = lengths;
    }

    // The outputs z (outputs rows × columns); null is seen in prediction.
    const T* forward(const T* theta, std::size_t columns, const Seen<T>* seen) {
        return stack_.forward(theta, input_, columns, {seen, lengths_});
    }

    // Σ share · loss in lanes, for outputs z.
    Vec<T> loss(const T* z, std::size_t columns) {
        T* losses = grad_[0].data();
        sample_losses<T>(network_.loss.kind, static_cast<T>(network_.loss.parameter),
                         static_cast<int>(network_.outputs), columns, z, y_, losses);
        Vec<T> J{};
        for (std::size_t c = 0; c < columns * lanes; c += lanes) {
            const Vec<T> weight = load(share_ + c);
            J += select<Vec<T>>(weight != Vec<T>{}, load(losses + c) * weight, Vec<T>{});
        }
        return J;
    }

    // Returns Σ share · loss in lanes and adds ∂/∂θ of it to `gradient`. Call after `forward`, which gave z.
    Vec<T> backward(const T* theta, T* gradient, std::size_t columns, const T* z) {
        Gradients<T> grad{grad_[0].data(), grad_[1].data()};
        const Vec<T> J = loss_and_delta<T>(network_.loss.kind, static_cast<T>(network_.loss.parameter),
                                           static_cast<int>(network_.outputs), columns, z, y_, share_, grad.here);
        stack_.backward(theta, gradient, columns, grad, false);
        return J;
    }

    // Adds δ ∂z_k/∂θ to `gradient` for a δ in lanes, of one column. Call after `forward`, of that column.
    void pull(const T* theta, T* gradient, std::size_t output, Vec<T> delta) {
        Gradients<T> grad{grad_[0].data(), grad_[1].data()};
        for (std::size_t k = 0; k < network_.outputs; ++k) store(grad.here + k * lanes, k == output ? delta : Vec<T>{});
        stack_.backward(theta, gradient, 1, grad, false);
    }

  private:
    static std::unique_ptr<Tools<T>> made(const Network& network, std::size_t threads) {
        auto tools = std::make_unique<Tools<T>>();
        tools->reserve(threads);
        for (std::size_t i = 0; i < threads; ++i)
            tools->emplace_back(has_panels<LaneIsMember>(network),
                                is_wide<LaneIsMember>(network) ? network.widest() : 0);
        return tools;
    }

    const Network& network_;
    std::unique_ptr<Tools<T>> tools_;  // stays where it is when the pass moves
    Stack<T, LaneIsMember> stack_;
    Aligned<T> grad_[2];
    const T *input_ = nullptr, *y_ = nullptr, *share_ = nullptr, *lengths_ = nullptr;
};

}  // namespace shoal::SHOAL_ISA
