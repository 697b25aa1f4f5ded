// The batches of a group: which samples, in which order, laid out in columns of lanes.
#pragma once

#include <memory>

#include "by_length.hpp"
#include "network.hpp"
#include "shares.hpp"
#include "table.hpp"

namespace shoal::SHOAL_ISA {

// Of images few columns fill the second-level cache. They are a power of two, for batches mostly are: then blocks are
// of the same size, and shared out evenly.
template <class T> std::size_t image_columns(const Network& network) {
    constexpr std::size_t kRoom = 3 << 19, kMost = 32;  // much of a pass is read soon after it was written, or never
    const std::size_t column = network.units() * kLanes<T> * sizeof(T);
    std::size_t columns = 1;
    while (columns < kMost && 2 * columns * column <= kRoom) columns *= 2;
    return columns;
}

// Columns of which the activations stay in the nearest caches.
template <class T, bool LaneIsMember> std::size_t block_columns(const Network& network) {
    if (network.sees_sequences()) return LaneIsMember ? 16 : 8;  // whatever the steps: padding changes no sum
    if (network.sees_images()) return image_columns<T>(network);
    if (is_wide<LaneIsMember>(network)) return 48;  // wide products keep to the caches by themselves
    const std::size_t column = network.units() * kLanes<T> * sizeof(T);
    const std::size_t second = kLanes<T> * sizeof(T) == 64 ? 512 * 1024 : 256 * 1024;  // of the cache, a half
    const std::size_t room = LaneIsMember ? 32 * 1024 : second;
    return std::clamp<std::size_t>(room / column / 3 * 3, 6, LaneIsMember ? 24 : 36);
}

// How many samples, and how they are cut into blocks of columns.
template <class T, bool LaneIsMember> struct Batch {
    static constexpr std::size_t per_column = LaneIsMember ? 1 : kLanes<T>;

    std::size_t samples = 0, block = 1;

    std::size_t columns() const { return (samples + per_column - 1) / per_column; }
    std::size_t blocks() const { return (columns() + block - 1) / block; }
    std::size_t first(std::size_t b) const { return b * block * per_column; }
    std::size_t count(std::size_t b) const { return std::min(samples - first(b), block * per_column); }
    std::size_t width(std::size_t b) const { return (count(b) + per_column - 1) / per_column; }
};

// Columns of the blocks of a batch of so many samples: all of one width, for a gradient is folded, and tiles are filled, as
// often for a small rest as for a whole block. They may be half as wide again as the caches would have it, unless threads
// had too few blocks to share then. A function of shapes alone, since blocks decide the order in which a gradient is added up.
template <class T, bool LaneIsMember> std::size_t even_columns(const Network& network, std::size_t samples) {
    const std::size_t fitting = block_columns<T, LaneIsMember>(network);
    if (network.sees_images() || network.sees_sequences()) return fitting;
    constexpr std::size_t kEnough = 8;  // blocks
    const std::size_t columns = std::max<std::size_t>(Batch<T, LaneIsMember>{samples}.columns(), 1);
    const std::size_t larger = fitting + fitting / 2, lanes = LaneIsMember ? kLanes<T> : 1;
    const bool shared = samples * network.multiplications() * lanes >= kWorthSharing && columns < kEnough * larger;
    const std::size_t most = shared || is_wide<LaneIsMember>(network) ? fitting : larger;
    const std::size_t blocks = (columns + most - 1) / most;
    return (columns + blocks - 1) / blocks;
}

// A batch laid out, block after block. In a block, the rows of x (inputs), then of y (outputs), and one of lengths if
// there are some, are as wide as the block; `share` is each sample's part of J, for all columns of the batch one after another.
// `places` says for each lane that has samples of its own where these stood before they were brought into the order of their
// lengths; null: they stand there.
template <class T, bool LaneIsMember> struct Columns {
    Batch<T, LaneIsMember> batch;
    std::size_t numbers = 0;
    bool has_lengths = false;
    const T *values = nullptr, *share = nullptr;
    const std::uint32_t* const* places = nullptr;

    const T* x(std::size_t b) const { return values + b * batch.block * numbers * kLanes<T>; }
    const T* lengths(std::size_t b) const {
        return has_lengths ? x(b) + (numbers - 1) * batch.width(b) * kLanes<T> : nullptr;
    }
    const T* share_of(std::size_t b) const { return share + b * batch.block * kLanes<T>; }
};

// Writes the rows of a batch. `rows` names the samples of lane 0, 1, …: one list for all lanes where they
// share their batch or are samples of one member; null is 0, 1, 2, …. Lanes beyond the last sample repeat
// it, so that they overflow only where it does.
template <class T, bool LaneIsMember>
void lay_out(const Table<T>& table, const std::uint32_t* const* rows, bool same_rows,
             const Batch<T, LaneIsMember>& batch, T* values) {
    constexpr std::size_t L = kLanes<T>;
    for (std::size_t b = 0; b < batch.blocks(); ++b) {
        const std::size_t width = batch.width(b), stride = width * L, last = batch.samples - 1;
        T* block = values + b * batch.block * table.numbers() * L;
        for (std::size_t c = 0; c < width; ++c) {
            T* column = block + c * L;
            const auto row = [&](std::size_t column, std::size_t lane) {
                const std::size_t place = std::min(batch.first(b) + (LaneIsMember ? column : column * L + lane), last);
                return table.row(rows ? rows[same_rows ? 0 : lane][place] : place);
            };
            const T* from[L];
            for (std::size_t lane = 0; lane < L; ++lane) from[lane] = row(c, lane);
            if (rows)  // they lie anywhere: the next column's are on their way from memory meanwhile
                for (std::size_t lane = 0; lane < (LaneIsMember && same_rows ? 1 : L); ++lane)
                    table.prefetch(row(c + 1, lane));
            if (LaneIsMember && same_rows) {
                for (std::size_t i = 0; i < table.numbers(); ++i) store(column + i * stride, splat(from[0][i]));
            } else {
                as_column<T>(from, table.numbers(), column, stride);
            }
        }
    }
}

// Memory for one batch at a time, of any group: a thread has one.
template <class T, bool LaneIsMember> struct BatchMemory {
    BatchMemory(std::size_t numbers, const Batch<T, LaneIsMember>& largest)
        : values(numbers * largest.columns() * kLanes<T>), share(largest.columns() * kLanes<T>) {}
    Aligned<T> values, share;
};

// All samples in one batch: x and y once for everybody, shares for each group where members have their own.
template <class T, bool LaneIsMember> class WholeBatch {
  public:
    static constexpr std::size_t L = kLanes<T>;

    WholeBatch(const Samples<T>& samples, const Network& network, std::size_t block) : samples_(samples) {
        const Table<T> table(samples, network.inputs, network.outputs);
        columns_ = {{samples.n(), block}, table.numbers(), table.has_lengths()};
        values_ = Aligned<T>(columns_.numbers * columns_.batch.columns() * L);
        if (table.has_lengths()) {
            by_length_ = ByLength(samples.n());
            order_ = by_length_(samples.n(), [&](std::size_t i) { return table.length(i); });
            std::fill(places_, places_ + L, order_);
            columns_.places = places_;
        }
        lay_out<T, LaneIsMember>(table, columns_.places, true, columns_.batch, values_.data());
        columns_.values = values_.data();
        if (!samples.weights_per_member()) shared_ = shares([](std::size_t) { return 0; });
    }

    WholeBatch(const WholeBatch&) = delete;  // columns point into it

    // The batch as a group sees it, whose lane l is the member of number `member(l)`.
    template <class F> Columns<T, LaneIsMember> of(F member, Aligned<T>& own) const {
        Columns<T, LaneIsMember> columns = columns_;
        if (samples_.weights_per_member()) own = shares(member);
        columns.share = samples_.weights_per_member() ? own.data() : shared_.data();
        return columns;
    }

  private:
    template <class F> Aligned<T> shares(F member) const {
        Aligned<T> share(columns_.batch.columns() * L);
        for (std::size_t lane = 0; lane < (LaneIsMember ? L : 1); ++lane)
            lay_out_shares(samples_.weights(member(lane)), order_, samples_.n(), LaneIsMember ? L : 1,
                           share.data() + lane);
        return share;
    }

    Samples<T> samples_;
    ByLength by_length_;
    const std::uint32_t* order_ = nullptr;  // of the samples, if they have lengths
    const std::uint32_t* places_[L];
    Columns<T, LaneIsMember> columns_;
    Aligned<T> values_, shared_;
};

}  // namespace shoal::SHOAL_ISA
