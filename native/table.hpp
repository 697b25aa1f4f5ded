// The samples of a job as rows, and rows as columns of lanes.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "job.hpp"
#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

// A piece of memory that begins on a cache line.
template <class T> class Aligned {
  public:
    Aligned() = default;
    Aligned(Aligned&&) = default;
    Aligned& operator=(Aligned&&) = default;
    explicit Aligned(std::size_t size) : memory_(size + 64 / sizeof(T), T(0)) {
        const auto at = reinterpret_cast<std::uintptr_t>(memory_.data());
        data_ = memory_.data() + ((at + 63) / 64 * 64 - at) / sizeof(T);
    }
    T* data() const { return data_; }
    std::size_t size() const { return memory_.empty() ? 0 : memory_.size() - 64 / sizeof(T); }

  private:
    std::vector<T> memory_;
    T* data_ = nullptr;
};

// A sample is one row: x (n), then y (K), then its length if the samples have some, padded with zeros to whole vectors.
template <class T> class Table {
  public:
    Table(const Samples<T>& samples, std::size_t inputs, std::size_t outputs)
        : has_lengths_(samples.lengths), numbers_(inputs + outputs + has_lengths_),
          stride_((numbers_ + kLanes<T> - 1) / kLanes<T> * kLanes<T>), rows_(samples.n() * stride_) {
        for (std::size_t i = 0; i < samples.n(); ++i) {
            T* row = rows_.data() + i * stride_;
            std::copy_n(samples.X + i * inputs, inputs, row);
            for (std::size_t k = 0; k < outputs; ++k) row[inputs + k] = samples.y[k * samples.n() + i];
            if (has_lengths_) row[inputs + outputs] = static_cast<T>(samples.lengths[i]);
        }
    }
    T* row(std::size_t i) const { return rows_.data() + i * stride_; }
    // Asks for a row that is read soon, as near as the nearest cache (3) or the second (2).
    template <int locality = 3> SHOAL_INLINE void prefetch(const T* row) const {
        constexpr std::size_t kLine = 64 / sizeof(T), kMost = 8;  // lines: of long ones the processor sees what comes
        for (std::size_t i = 0; i < std::min(stride_, kMost * kLine); i += kLine)
            __builtin_prefetch(row + i, 0, locality);
    }
    // Asks for rows that are read later, unless the second cache may hold all of them anyway. Part of its caller, as what it
    // calls: GCC 12 takes a function that only asks for memory for one without effect, and leaves its call out.
    SHOAL_INLINE void ask_for(const std::uint32_t* rows, std::size_t n) const {
        constexpr std::size_t kSecond = 256 * 1024;
        if (rows_.size() * sizeof(T) <= kSecond) return;
        for (std::size_t i = 0; i < n; ++i) prefetch<2>(row(rows[i]));
    }
    std::size_t numbers() const { return numbers_; }
    bool has_lengths() const { return has_lengths_; }
    std::size_t length(std::size_t i) const { return static_cast<std::size_t>(row(i)[numbers_ - 1]); }

  private:
    const bool has_lengths_;
    const std::size_t numbers_, stride_;
    Aligned<T> rows_;
};

// Lane j of v[i] and lane i of v[j] change places.
template <class T, int step = kLanes<T> / 2> SHOAL_INLINE void transpose(Vec<T>* v) {
    if constexpr (step > 0) {
        for (int i = 0; i < kLanes<T>; ++i) {
            if (i & step) continue;
            const Vec<T> a = v[i], b = v[i + step];
            v[i] = exchanged<step, false>(a, b);
            v[i + step] = exchanged<step, true>(a, b);
        }
        transpose<T, step / 2>(v);
    }
}

// Writes `numbers` numbers of as many rows as there are lanes as one column: number i of lane l's row to
// lane l of the vector at column + i·stride. Rows are read in whole vectors.
template <class T>
SHOAL_INLINE void as_column(const T* const* rows, std::size_t numbers, T* column, std::size_t stride) {
    constexpr int L = kLanes<T>;
    for (std::size_t first = 0; first < numbers; first += L) {
        Vec<T> v[L];
        for (int lane = 0; lane < L; ++lane) v[lane] = load(rows[lane] + first);
        transpose<T>(v);
        for (int i = 0; i < L; ++i)
            if (first + i < numbers) store<T>(column + (first + i) * stride, v[i]);
    }
}

}  // namespace shoal::SHOAL_ISA
