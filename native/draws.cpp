#include "draws.hpp"

// Whole numbers alone: no instruction set is better at them than another.
#define SHOAL_ISA everywhere
#include "philox.hpp"

namespace shoal {

void uniforms(const std::uint64_t* keys, std::size_t members, const std::int64_t* at, std::size_t draws, double* theta,
              std::size_t D) {
    for (std::size_t p = 0; p < members; ++p) {
        everywhere::Stream stream(keys[2 * p], keys[2 * p + 1], everywhere::Purpose::weights, 0);
        for (std::size_t i = 0; i < draws; ++i) theta[p * D + static_cast<std::size_t>(at[i])] = stream.uniform(i);
    }
}

}  // namespace shoal
