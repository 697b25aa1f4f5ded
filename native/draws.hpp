// The first random numbers of members, from which their parameters are made.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

// Draws from the stream for weights of each of `members`, whose keys (P, 2) are seed and number: draw i, uniform in
// [0, 1), is parameter at[i] of a member's row of θ (P, D).
void uniforms(const std::uint64_t* keys, std::size_t members, const std::int64_t* at, std::size_t draws, double* theta,
              std::size_t D);

}  // namespace shoal
