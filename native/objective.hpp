// J and ∂J/∂θ of a group on a batch, penalties included: the twin of shoal/training/objective.py.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "curvature.hpp"
#include "pool.hpp"
#include "solvers/solver.hpp"

namespace shoal::SHOAL_ISA {

// The strengths of a group's members, and what its objective needs of them.
template <class T> struct Strengths {
    Vec<T> l2_by_m, l1_by_m, m;  // l2/m and l1/m, and the weight m of all samples
    bool any_l2, any_l1;
};

// Where a thread works, for one group after the other.
template <class T, bool LaneIsMember> struct Workspace {
    Pass<T, LaneIsMember> pass;
    BatchMemory<T, LaneIsMember> batch;
    GaussNewton<T> curvature{};

    // For blocks of so many columns, of minibatches of at most so many samples, each so many numbers; `threads` share
    // wide layers.
    Workspace(const Network& network, std::size_t block, std::size_t gathered, std::size_t numbers, std::size_t threads)
        : pass(network, block, threads), batch(numbers, {gathered, block}) {}
};

template <class T, bool LaneIsMember> class BatchObjective final : public Objective<T> {
  public:
    using V = Vec<T>;

    BatchObjective(const Network& network, Space<T> space, const T* weight_mask)
        : network_(network), space_(space), weight_mask_(weight_mask) {
        total_of(network.layers, [this](const Layer& layer) {
            if (layer.kind == LayerKind::batch_norm) norms_.push_back(&layer);
            return 0;
        });
        if (!norms_.empty()) observed_ = Aligned<T>(space.n * kLanes<T>);
    }

    // What J is penalised by from now on.
    void strengthen(Strengths<T> strengths) { strengths_ = strengths; }

    // Works in these workspaces from now on, one for each of as many threads.
    void work_in(Workspace<T, LaneIsMember>* workspaces, std::size_t threads) {
        workspaces_ = workspaces, threads_ = threads;
    }

    std::size_t threads() const override { return threads_ * workspaces_[0].pass.threads(); }

    // The batch that J is about from now on, and the dropout of its step (null keys: no dropout).
    void see(const Columns<T, LaneIsMember>& columns, const std::uint64_t* keys, std::uint64_t step) {
        columns_ = columns, keys_ = keys, step_ = step;
    }

    // Shares the penalties over the weight m from now on; a batch of samples of weight 0 has none.
    void penalise(V l2, V l1, V m) {
        const V share = select<V>(m > V{}, splat(T(1)) / m, V{});
        strengths_.l2_by_m = l2 * share, strengths_.l1_by_m = l1 * share;
    }

    // The penalties' part of the last J.
    V penalty() const { return penalty_; }

    V operator()(const T* theta, T* gradient) override {
        in_slices(
            threads(), space_.n,
            [gradient](std::size_t from, std::size_t to) {
                std::fill(gradient + from * kLanes<T>, gradient + to * kLanes<T>, T(0));
                return true;
            },
            [](bool, bool) { return true; });
        V J = data_loss(theta, gradient);
        J = space_.fold(J);
        each_statistic([&](std::size_t d) { observed_.data()[d] = gradient[d], gradient[d] = T(0); });
        if (strengths_.any_l2 || strengths_.any_l1) J += penalty_ = penalties(theta, gradient);
        return J;
    }

    // The Gauss-Newton Hessian of J at θ, by one thread.
    Curvature<T>& curvature(const T* theta) override {
        GaussNewton<T>& at_work = workspaces_[0].curvature;
        if constexpr (LaneIsMember) {
            at_work.add_up(workspaces_[0].pass, network_, columns_, theta);
            at_work.made.hessian.add_to_diagonal(
                [this](std::size_t d) { return widen<T>(strengths_.l2_by_m * load(weight_mask_ + d * kLanes<T>)); });
            const Wide<T> m = widen<T>(strengths_.m);
            at_work.made.noise_scale = m / curvature_of(network_);
            at_work.made.n_numbers = m * static_cast<double>(network_.outputs);
        }
        return at_work.made;
    }

    // Changes running statistics, on which J does not depend, as the last batch has it.
    void remember(T* theta) const {
        each_statistic([&](std::size_t d) { theta[d] += observed_.data()[d]; });
    }

    // Σ share · loss over a batch for each lane, without dropout and without penalties. Blocks are added up in
    // double, whatever T: the best epoch is told by small differences.
    void losses(const T* theta, const Columns<T, LaneIsMember>& columns, double* losses) {
        const std::size_t blocks = columns.batch.blocks(), used = std::min(threads_, blocks);
        if (J_.size() < blocks) J_.resize(blocks);
        share_out(used, blocks, [&](std::size_t thread, std::size_t b) {
            Pass<T, LaneIsMember>& pass = workspaces_[thread].pass;
            const std::size_t width = columns.batch.width(b);
            pass.bind(columns.x(b), columns.share_of(b), columns.lengths(b), width);
            J_[b] = space_.fold(pass.loss(pass.forward(theta, width, nullptr), width));
        });
        std::fill(losses, losses + kLanes<T>, 0.0);
        for (std::size_t b = 0; b < blocks; ++b)
            for (int lane = 0; lane < kLanes<T>; ++lane) losses[lane] += J_[b][lane];
    }

  private:
    // f(place in θ) for the running statistics of the members.
    template <class F> void each_statistic(F f) const {
        constexpr std::size_t step = LaneIsMember ? kLanes<T> : 1;
        for (const Layer* layer : norms_)
            for (std::size_t d = layer->mean * step; d < (layer->variance + layer->channels()) * step; ++d) f(d);
    }

    // J and ∂J/∂θ of the batch, without penalties.
    V data_loss(const T* theta, T* gradient) {
        const std::size_t blocks = columns_.batch.blocks(), together = blocks_together();
        const std::size_t pieces = (blocks + together - 1) / together;
        if (pieces > 1 && (threads_ > 1 || together > 1)) return in_pieces(theta, gradient, pieces);
        V J{};
        for (std::size_t p = 0; p < pieces; ++p) J += piece(workspaces_[0].pass, theta, gradient, p);
        return J;
    }

    V block(Pass<T, LaneIsMember>& pass, const T* theta, T* gradient, std::size_t b) {
        const Batch<T, LaneIsMember>& batch = columns_.batch;
        const std::size_t width = batch.width(b);
        const Seen<T> seen{keys_,          step_, batch.first(b), batch.count(b), batch.samples, columns_.share_of(b),
                           columns_.places};
        pass.bind(columns_.x(b), seen.share, columns_.lengths(b), width);
        const T* z = pass.forward(theta, width, &seen);
        return pass.backward(theta, gradient, width, z);
    }

    // Blocks with one gradient, so that few of these are added up where θ is long. Their number is a function of
    // shapes alone.
    std::size_t blocks_together() const {
        constexpr std::size_t kLeast = 16, kRoom = 1 << 20;  // pieces, and numbers in all of them
        const std::size_t most = std::max(kLeast, kRoom / (space_.n * kLanes<T>));
        return (columns_.batch.blocks() + most - 1) / most;
    }

    // Adds J and ∂J/∂θ of the blocks of one piece.
    V piece(Pass<T, LaneIsMember>& pass, const T* theta, T* gradient, std::size_t p) {
        const std::size_t together = blocks_together(), end = std::min((p + 1) * together, columns_.batch.blocks());
        V J{};
        for (std::size_t b = p * together; b < end; ++b) J += block(pass, theta, gradient, b);
        return J;
    }

    // Pieces on several threads, each with a gradient of its own; added up in their order, which gives the same
    // bits for any number of threads.
    V in_pieces(const T* theta, T* gradient, std::size_t pieces) {
        const std::size_t size = space_.n * kLanes<T>;
        if (partial_.size() < pieces * size) partial_ = Aligned<T>(pieces * size), J_.resize(pieces);
        const std::size_t used = std::min(threads_, pieces);
        share_out(used, pieces, [&](std::size_t thread, std::size_t p) {
            T* own = partial_.data() + p * size;
            std::fill(own, own + size, T(0));
            J_[p] = piece(workspaces_[thread].pass, theta, own, p);
        });
        const std::size_t slices = size * pieces > 65536 ? used : 1, n = space_.n;
        share_out(slices, slices, [&](std::size_t, std::size_t slice) {
            for (std::size_t d = n * slice / slices * kLanes<T>; d < n * (slice + 1) / slices * kLanes<T>;
                 d += kLanes<T>) {
                V total{};
                for (std::size_t p = 0; p < pieces; ++p) total += load(partial_.data() + p * size + d);
                store(gradient + d, total);
            }
        });
        V J{};
        for (std::size_t p = 0; p < pieces; ++p) J += J_[p];
        return J;
    }

    // l2/(2m) Σ W² + l1/m Σ |W|, whose gradients l2/m W + l1/m sign W are added.
    V penalties(const T* theta, T* gradient) {
        V squares{}, sizes{};
        const V zero{}, one = splat(T(1)), l2 = strengths_.l2_by_m, l1 = strengths_.l1_by_m;
        for (std::size_t d = 0; d < space_.n * kLanes<T>; d += kLanes<T>) {
            const V weight = load(weight_mask_ + d), w = select<V>(weight != zero, load(theta + d), zero);
            squares += w * w, sizes += abs(w);
            const V sign = select<V>(w > zero, one, select<V>(w < zero, -one, zero));
            // A strength of 0 adds nothing, whatever the weight: 0 · ∞ would be NaN.
            const V pull = select<V>(l2 != zero, l2 * w, zero) + select<V>(l1 != zero, l1 * sign, zero);
            store(gradient + d, load(gradient + d) + pull);
        }
        const V half = splat(T(0.5));
        return select<V>(l2 != zero, half * l2 * space_.fold(squares), zero) +
               select<V>(l1 != zero, l1 * space_.fold(sizes), zero);
    }

    const Network& network_;
    Space<T> space_;
    Strengths<T> strengths_{};
    const T* weight_mask_;
    Workspace<T, LaneIsMember>* workspaces_ = nullptr;
    std::size_t threads_ = 0;
    std::vector<const Layer*> norms_;  // that keep statistics
    Aligned<T> partial_, observed_;
    std::vector<V> J_;
    V penalty_{};
    Columns<T, LaneIsMember> columns_;
    const std::uint64_t* keys_ = nullptr;
    std::uint64_t step_ = 0;
};

}  // namespace shoal::SHOAL_ISA
