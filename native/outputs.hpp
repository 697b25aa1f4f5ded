// The outputs of trained members for samples: the compiled twin of sample_outputs in shoal/networks/backprop.py.
#pragma once

#include <algorithm>
#include <vector>

#include "batches.hpp"
#include "pass.hpp"
#include "pool.hpp"

namespace shoal::SHOAL_ISA {

// Where a thread works: one block of samples, whose columns are made once for many members.
template <class T> class Reader {
  public:
    static constexpr std::size_t L = kLanes<T>;
    using Block = Batch<T, false>;

    // `order` says which samples come one after the other; null: as they are.
    Reader(const Network& network, const Block& batch, const std::uint32_t* order)
        : network_(network), batch_(batch), order_(order), pass_(network, batch.block, 1),
          x_(network.inputs * batch.block * L), lengths_(batch.block * L) {}

    // Reads block b of the rows X (N, inputs) and of their lengths, or null; the lanes that are left over repeat the last
    // sample.
    void read(const T* X, const std::int64_t* lengths, std::size_t b) {
        const std::size_t n = network_.inputs, whole = n / L * L, stride = batch_.width(b) * L;
        for (std::size_t c = 0; c < batch_.width(b); ++c) {
            const T* rows[L];
            for (std::size_t lane = 0; lane < L; ++lane) {
                const std::size_t row = sample(std::min(batch_.first(b) + c * L + lane, batch_.samples - 1));
                rows[lane] = X + row * n;
                if (lengths) lengths_.data()[c * L + lane] = static_cast<T>(lengths[row]);
            }
            T* const column = x_.data() + c * L;
            as_column<T>(rows, whole, column, stride);
            for (std::size_t i = whole; i < n; ++i)
                for (std::size_t lane = 0; lane < L; ++lane) column[i * stride + lane] = rows[lane][i];
        }
        b_ = b, has_lengths_ = lengths != nullptr;
    }

    // Writes a member's z of the block into its part of (K, N).
    void write(const T* theta, T* z) {
        const std::size_t width = batch_.width(b_);
        pass_.bind(x_.data(), nullptr, has_lengths_ ? lengths_.data() : nullptr, width);
        const T* const from = pass_.forward(theta, width, nullptr);
        for (std::size_t k = 0; k < network_.outputs; ++k)
            for (std::size_t i = 0; i < batch_.count(b_); ++i)
                z[k * batch_.samples + sample(batch_.first(b_) + i)] = from[k * width * L + i];
    }

  private:
    std::size_t sample(std::size_t place) const { return order_ ? order_[place] : place; }

    const Network& network_;
    const Block batch_;
    const std::uint32_t* const order_;
    Pass<T, false> pass_;
    Aligned<T> x_, lengths_;
    bool has_lengths_ = false;
    std::size_t b_ = 0;
};

// A piece of work is a block of samples for some of the members: several pieces a thread, so that none waits long
// for the last. What is computed depends on neither: a lane is always a sample.
template <class T> void outputs(const Evaluation<T>& job) {
    const Network& network = *job.network;
    constexpr std::size_t kPiecesOfAThread = 4;
    // Of few samples no more memory is asked for, and filled with zeros, than they have columns.
    const std::size_t columns = std::max<std::size_t>(Batch<T, false>{job.n}.columns(), 1);
    const Batch<T, false> batch{job.n, std::min(block_columns<T, false>(network), columns)};
    const bool shares = job.members * job.n * network.multiplications() >= kWorthSharing;
    const std::size_t threads = shares ? job.threads : 1;
    const std::size_t blocks = batch.blocks(), wanted = kPiecesOfAThread * threads;
    const std::size_t groups = std::clamp<std::size_t>((wanted + blocks - 1) / blocks, 1, job.members);
    const std::size_t pieces = blocks * groups, used = std::min(threads, pieces);
    std::vector<Reader<T>> readers;
    readers.reserve(used);
    ByLength by_length(job.lengths ? job.n : 0);
    const std::uint32_t* const order =
        job.lengths ? by_length(job.n, [&](std::size_t i) { return job.lengths[i]; }) : nullptr;
    for (std::size_t i = 0; i < used; ++i) readers.emplace_back(network, batch, order);
    share_out(
        used, pieces,
        [&](std::size_t thread, std::size_t piece) {
            if (job.control->poll) job.control->poll();
            if (job.control->stop.load(std::memory_order_relaxed)) return;
            const std::size_t group = piece % groups;
            readers[thread].read(job.X, job.lengths, piece / groups);
            for (std::size_t p = job.members * group / groups; p < job.members * (group + 1) / groups; ++p)
                readers[thread].write(job.theta + p * network.n_parameters, job.z + p * network.outputs * job.n);
        },
        job.control->poll);
}

}  // namespace shoal::SHOAL_ISA
