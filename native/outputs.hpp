// The outputs of trained members for samples: the compiled twin of sample_outputs in shoal/networks/backprop.py.
#pragma once

#include <algorithm>
#include <atomic>
#include <vector>

#include "batches.hpp"
#include "pass.hpp"
#include "pool.hpp"

namespace shoal::SHOAL_ISA {

// Columns that a block has at most. No gradient is made, so blocks are the smaller: what passes from layer to layer stays
// in the nearest cache. Six columns fill tiles of three as well as of two.
template <class T> std::size_t forward_columns(const Network& network) {
    if (network.sees_sequences() || network.sees_images() || is_wide<false>(network))
        return block_columns<T, false>(network);
    constexpr std::size_t kRoom = 48 * 1024, kTiles = 6;
    const std::size_t units = total_of(network.layers, [](const Layer& layer) { return layer.units; });
    const std::size_t column = (network.inputs + units) * kLanes<T> * sizeof(T);
    return std::clamp<std::size_t>(kRoom / column / kTiles * kTiles, kTiles, 36);
}

// Where a thread works: one block of samples, whose columns are made once for many members.
template <class T> class Reader {
  public:
    static constexpr std::size_t L = kLanes<T>;
    using Block = Batch<T, false>;

    // `order` says which samples come one after the other; null: as they are. `ahead` blocks on lies what is read next.
    Reader(const Network& network, const Block& batch, const std::uint32_t* order, std::size_t ahead)
        : network_(network), batch_(batch), order_(order), ahead_(ahead * batch.block * L),
          pass_(network, batch.block, 1), x_(network.inputs * batch.block * L), lengths_(batch.block * L) {}

    // Reads block b of the rows X (N, inputs) and of their lengths, or null; the lanes that are left over repeat the last
    // sample. Returns whether all numbers are finite.
    bool read(const Given<T>& X, const std::int64_t* lengths, std::size_t b) {
        b_ = b, has_lengths_ = lengths != nullptr;
        for (std::size_t i = 0; lengths && i < batch_.width(b) * L; ++i)
            lengths_.data()[i] = static_cast<T>(lengths[row(i)]);
        if (X.step == 1) read_rows(X);
        else read_numbers(X);
        return is_finite(x_.data(), network_.inputs * batch_.width(b));
    }

    // Writes a member's z of the block into its part of (K, N).
    void write(const T* theta, T* z) {
        const std::size_t width = batch_.width(b_), first = batch_.first(b_), count = batch_.count(b_);
        pass_.bind(x_.data(), nullptr, has_lengths_ ? lengths_.data() : nullptr, width);
        const T* from = pass_.forward(theta, width, nullptr);
        for (std::size_t k = 0; k < network_.outputs; ++k, from += width * L, z += batch_.samples) {
            if (!order_) std::copy_n(from, count, z + first);
            else
                for (std::size_t i = 0; i < count; ++i) z[order_[first + i]] = from[i];
        }
    }

  private:
    // Whether all numbers of so many vectors are finite: 0 · ∞ is NaN. Four sums, since one waits for the one before.
    static bool is_finite(const T* x, std::size_t vectors) {
        constexpr std::size_t kSums = 4;
        Vec<T> sums[kSums] = {};
        std::size_t i = 0;
        for (; i + kSums <= vectors; i += kSums)
            for (std::size_t s = 0; s < kSums; ++s) sums[s] += load(x + (i + s) * L) * T(0);
        for (; i < vectors; ++i) sums[0] += load(x + i * L) * T(0);
        return all((sums[0] + sums[1]) + (sums[2] + sums[3]) == Vec<T>{});
    }

    // The row of number i of the block's samples.
    std::size_t row(std::size_t i) const {
        const std::size_t place = std::min(batch_.first(b_) + i, batch_.samples - 1);
        return order_ ? order_[place] : place;
    }

    // Rows are read in whole vectors, beyond their ends too where others follow.
    void read_rows(const Given<T>& X) {
        const std::size_t n = network_.inputs, width = batch_.width(b_), stride = width * L;
        const T* const end = X.data + (batch_.samples - 1) * X.row_step + n;
        const std::ptrdiff_t padded = (n + L - 1) / L * L;
        for (std::size_t c = 0; c < width; ++c) {
            const T* rows[L];
            bool inside = true;
            for (std::size_t lane = 0; lane < L; ++lane) {
                rows[lane] = X.data + row(c * L + lane) * X.row_step;
                inside = inside && padded <= end - rows[lane];
            }
            T* const column = x_.data() + c * L;
            const std::size_t whole = inside ? n : n / L * L;
            prefetch(X, batch_.first(b_) + ahead_ + c * L);
            as_column<T>(rows, whole, column, stride);
            for (std::size_t i = whole; i < n; ++i)
                for (std::size_t lane = 0; lane < L; ++lane) column[i * stride + lane] = rows[lane][i];
        }
    }

    // Asks for as many rows as there are lanes: they come to the second cache while this block is worked on. Of long rows
    // the processor sees what comes. Part of its caller: GCC 12 takes a function that only asks for one without effect,
    // and leaves its call out.
    SHOAL_INLINE void prefetch(const Given<T>& X, std::size_t first) const {
        constexpr std::size_t kLine = 64 / sizeof(T), kMost = 8;
        const std::size_t n = network_.inputs;
        if (order_ || X.row_step != n || n > kMost * kLine) return;
        const std::size_t end = std::min(first + L, batch_.samples) * n;
        for (std::size_t i = first * n; i < end; i += kLine) __builtin_prefetch(X.data + i, 0, 2);
    }

    // Where a number's samples lie together they are columns already.
    void read_numbers(const Given<T>& X) {
        const std::size_t count = batch_.count(b_), stride = batch_.width(b_) * L;
        for (std::size_t i = 0; i < network_.inputs; ++i) {
            T* const to = std::copy_n(X.data + i * X.step + batch_.first(b_), count, x_.data() + i * stride);
            std::fill_n(to, stride - count, to[-1]);
        }
    }

    const Network& network_;
    const Block batch_;
    const std::uint32_t* const order_;
    const std::size_t ahead_;
    Pass<T, false> pass_;
    Aligned<T> x_, lengths_;
    bool has_lengths_ = false;
    std::size_t b_ = 0;
};

// A piece of work is a block of samples for some of the members: several pieces a thread, so that none waits long
// for the last. What is computed depends on neither: a lane is always a sample. Returns whether all of X is finite.
template <class T> bool outputs(const Evaluation<T>& job) {
    const Network& network = *job.network;
    constexpr std::size_t kPiecesOfAThread = 4;
    // Of few samples no more memory is asked for, and filled with zeros, than they have columns.
    const std::size_t columns = std::max<std::size_t>(Batch<T, false>{job.n}.columns(), 1);
    const Batch<T, false> batch{job.n, std::min(forward_columns<T>(network), columns)};
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
    std::atomic<bool> finite{true};
    for (std::size_t i = 0; i < used; ++i) readers.emplace_back(network, batch, order, used);
    share_out(
        used, pieces,
        [&](std::size_t thread, std::size_t piece) {
            if (job.control->poll) job.control->poll();
            if (job.control->stop.load(std::memory_order_relaxed)) return;
            const std::size_t group = piece % groups;
            if (!readers[thread].read(job.X, job.lengths, piece / groups))
                finite.store(false, std::memory_order_relaxed);
            for (std::size_t p = job.members * group / groups; p < job.members * (group + 1) / groups; ++p)
                readers[thread].write(job.theta + p * network.n_parameters, job.z + p * network.outputs * job.n);
        },
        job.control->poll);
    return finite;
}

}  // namespace shoal::SHOAL_ISA
