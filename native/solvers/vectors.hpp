// Whole vectors of a group, each reduced to one number a member, and what the solvers do with single lanes.
#pragma once

#include <algorithm>
#include <cmath>

#include "solver.hpp"

namespace shoal::SHOAL_ISA {

// √x of each lane; the loop becomes one instruction.
template <class V> SHOAL_INLINE V square_root(V x) {
    Element<V> lanes[sizeof(V) / sizeof(Element<V>)];
    std::memcpy(lanes, &x, sizeof x);
    for (Element<V>& lane : lanes) lane = std::sqrt(lane);
    std::memcpy(&x, lanes, sizeof x);
    return x;
}

// The larger of two numbers that are not negative, NaN counting as the largest of all: the bits of such
// numbers are in order as integers, and those of NaN lie above those of infinity.
template <class V> SHOAL_INLINE V larger(V a, V b) { return (V)max((Mask<V>)a, (Mask<V>)b); }

// Replaces the lanes of `members` in memory.
template <class T> SHOAL_INLINE void put(T* to, Vec<T> v, MaskOf<T> members) {
    store<T>(to, select<Vec<T>>(members, v, load(to)));
}

// max_d |a_d|, NaN where a holds one.
template <class T> Vec<T> largest(Space<T> space, const T* a) {
    Vec<T> size{};
    for (std::size_t d = 0; d < space.n * kLanes<T>; d += kLanes<T>) size = larger(abs(load(a + d)), size);
    return space.fold_max(size);
}

// Σ_d a_d b_d
template <class T> Vec<T> dot(Space<T> space, const T* a, const T* b) {
    Vec<T> sums{};
    for (std::size_t d = 0; d < space.n * kLanes<T>; d += kLanes<T>) sums += load(a + d) * load(b + d);
    return space.fold(sums);
}

// Of which members any number differs; NaN differs from itself.
template <class T> MaskOf<T> differs(Space<T> space, const T* a, const T* b) {
    MaskOf<T> different{};
    for (std::size_t d = 0; d < space.n * kLanes<T>; d += kLanes<T>) different |= load(a + d) != load(b + d);
    return space.fold_any(different);
}

}  // namespace shoal::SHOAL_ISA
