// Sequences of unequal lengths in a block of columns: which of their steps are valid.
//
// A sequence's rows are its channels, in these its steps. Beyond a length lie zeros, going forward and back.
#pragma once

#include <algorithm>

#include "../lanes.hpp"

namespace shoal::SHOAL_ISA {

template <class T> std::size_t shortest(const T* lengths, std::size_t columns) {
    return static_cast<std::size_t>(*std::min_element(lengths, lengths + columns * kLanes<T>));
}
template <class T> std::size_t longest(const T* lengths, std::size_t columns) {
    return static_cast<std::size_t>(*std::max_element(lengths, lengths + columns * kLanes<T>));
}

// Which lanes of a column hold a sequence that has this step; `lengths` are those of the column.
template <class T> SHOAL_INLINE MaskOf<T> has_step(const T* lengths, std::size_t step) {
    return splat(static_cast<T>(step)) < load(lengths);
}

// Zeros beyond the lengths of sequences, channels × steps × columns; null lengths are those of all steps.
template <class T>
void clear_beyond(T* rows, std::size_t channels, std::size_t steps, std::size_t columns, const T* lengths) {
    if (!lengths) return;
    const std::size_t row = columns * kLanes<T>;
    const std::size_t first = shortest(lengths, columns), last = std::min(longest(lengths, columns), steps);
    for (std::size_t c = 0; c < channels; ++c, rows += steps * row) {
        for (std::size_t t = first; t < last; ++t)
            for (std::size_t i = 0; i < row; i += kLanes<T>) {
                T* const at = rows + t * row + i;
                store(at, select<Vec<T>>(has_step(lengths + i, t), load(at), Vec<T>{}));
            }
        std::fill(rows + last * row, rows + steps * row, T(0));
    }
}

}  // namespace shoal::SHOAL_ISA
