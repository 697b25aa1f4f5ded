// What all groups of a job share: the architecture, and the batches that are the same for all of them.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "augmentation.hpp"
#include "objective.hpp"

namespace shoal::SHOAL_ISA {

// Σ s, in double whatever T: thousands of weights lose nothing.
template <class T> double total(const T* s, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += s[i];
    return sum;
}

template <class T, bool LaneIsMember> struct Common {
    static constexpr std::size_t L = kLanes<T>;
    using Whole = WholeBatch<T, LaneIsMember>;

    const Job<T>& job;
    const Network& network;
    std::size_t block;                // columns, of a batch
    bool noisy = false;               // has layers that draw random numbers
    bool weighted = false;            // samples weigh other than 1
    std::vector<T> weight_mask;       // as θ lies in a group
    std::unique_ptr<Table<T>> table;  // for minibatches
    std::unique_ptr<Whole> train, validation;
    Permuter permuter;  // of a shared order
    const std::uint32_t* shared_order = nullptr;
    const Stretch* stretch = nullptr;  // that is being trained

    explicit Common(const Job<T>& given)
        : job(given), network(*given.network), block(columns_of_blocks(samples())),
          permuter(has_shared_order() ? job.train.n() : 0) {
        const std::size_t D = network.n_parameters;
        weight_mask.assign(vectors() * L, T(0));
        for (std::size_t d = 0; d < D; ++d)
            for (std::size_t lane = 0; lane < (LaneIsMember ? L : 1); ++lane)
                weight_mask[LaneIsMember ? d * L + lane : d] = T(network.weight_mask[d]);
        noisy = network.draws();
        const std::size_t rows = job.train.weights_per_member() ? job.members() : 1, weights = job.train.n() * rows;
        for (std::size_t p = 0; p < rows; ++p) m_.push_back(static_cast<T>(total(job.train.weights(p), job.train.n())));
        weighted = std::any_of(job.train.s.data, job.train.s + weights, [](T s) { return s != T(1); });
        if (job.batch_size) table = std::make_unique<Table<T>>(job.train, network.inputs, network.outputs);
        else train = std::make_unique<Whole>(job.train, network, block);
        if (job.validation)
            validation = std::make_unique<Whole>(*job.validation, network, columns_of_blocks(job.validation->n()));
    }

    // Samples that know each other are in one block, whatever the caches hold.
    std::size_t columns_of_blocks(std::size_t n) const {
        if (!network.ties_samples()) return even_columns<T, LaneIsMember>(network, n);
        return Batch<T, LaneIsMember>{samples()}.columns();
    }
    // Of all blocks that a pass works on.
    std::size_t widest_block() const {
        return job.validation ? std::max(block, columns_of_blocks(job.validation->n())) : block;
    }
    // A member's weights, null where all are 1.
    const T* weights(std::size_t member) const { return weighted ? job.train.weights(member) : nullptr; }
    std::size_t vectors() const {
        const std::size_t D = network.n_parameters;
        return LaneIsMember ? D : (D + L - 1) / L;
    }
    // The weight of all samples of a member.
    T m(std::size_t member) const { return m_[job.train.weights_per_member() ? member : 0]; }
    // Samples that an update sees at most.
    std::size_t samples() const { return job.batch_size ? std::min(job.batch_size, job.train.n()) : job.train.n(); }
    bool has_shared_order() const { return job.shared_order && job.batch_size; }
    std::size_t samples_of_an_epoch() const { return stretch->orders.rows ? stretch->orders.n : job.train.n(); }
    std::size_t batches() const {
        const std::size_t n = samples_of_an_epoch(), size = job.batch_size ? job.batch_size : n;
        return (n + size - 1) / size;
    }
    // Whether groups need something that is made for all of them at the beginning of an epoch.
    bool is_in_step() const { return (has_shared_order() && !stretch->orders.rows) || job.augmentation; }

    // Makes what is the same for everybody: the order of minibatches, and images as this epoch sees them.
    void begin(std::size_t epoch) {
        constexpr std::uint64_t kShared = ~std::uint64_t(0);
        if (has_shared_order()) shared_order = permuter({*job.shared_order, kShared, Purpose::order, epoch});
        if (!job.augmentation) return;
        deform(
            *job.augmentation, job.train.X.data, job.train.n(), epoch, stretch->threads,
            [this](std::size_t i) { return table->row(i); }, stretch->poll);
    }

  private:
    std::vector<T> m_;  // of all members, or of each
};

}  // namespace shoal::SHOAL_ISA
