// An array of the caller's, as plain memory.
#pragma once

#include <array>
#include <cstddef>

namespace shoal {

// Numbers in C order, borrowed, and how many lie along each axis; null where there is none.
template <class T, std::size_t axes> struct View {
    T* data = nullptr;
    std::array<std::size_t, axes> shape{};

    operator T*() const { return data; }
};

}  // namespace shoal
