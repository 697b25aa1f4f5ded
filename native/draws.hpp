// The first random numbers of members, from which their parameters are made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

// NumPy's `bitgen_t` (numpy/random/bitgen.h): what its distributions draw from.
struct BitGenerator {
    void* state;
    std::uint64_t (*next_uint64)(void*);
    std::uint32_t (*next_uint32)(void*);
    double (*next_double)(void*);
    std::uint64_t (*next_raw)(void*);
};

// NumPy's `random_standard_normal_fill` (numpy/random/distributions.h). Its tables are NumPy's, so the numbers are those of
// whichever version is installed.
using FillNormal = void (*)(BitGenerator*, std::intptr_t, double*);

// Parameters start … stop − 1 of a member: standard normal, or else uniform in [0, 1).
struct DrawnPart {
    std::int64_t start, stop, normal;
};

// Draws the parts in turn from the stream for weights of each of `members`, whose keys (P, 2) are seed and number, into a
// row of θ (P, D) each. `fill_normal` may be null where no part is normal.
void draw(const std::uint64_t* keys, std::size_t members, const DrawnPart* parts, std::size_t count,
          FillNormal fill_normal, double* theta, std::size_t D);

}  // namespace shoal
