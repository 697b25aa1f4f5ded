// Samples of a batch in the order of their lengths, the longest first: blocks then hold sequences that end together, and
// columns leave a walk over time one after the other. The order is the data's, so whoever trains beside a member has no
// say in it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

namespace shoal::SHOAL_ISA {

class ByLength {
  public:
    explicit ByLength(std::size_t most = 0) : keys_(most), places_(most) {}

    // The places of n samples, those of equal lengths as they were. `length(i)` is that of sample i.
    template <class F> const std::uint32_t* operator()(std::size_t n, F length) {
        constexpr std::uint64_t kLongest = 0xffffffff;
        for (std::size_t i = 0; i < n; ++i) keys_[i] = (kLongest - static_cast<std::uint64_t>(length(i))) << 32 | i;
        std::sort(keys_.begin(), keys_.begin() + static_cast<std::ptrdiff_t>(n));
        for (std::size_t i = 0; i < n; ++i) places_[i] = static_cast<std::uint32_t>(keys_[i]);
        return places_.data();
    }

  private:
    std::vector<std::uint64_t> keys_;
    std::vector<std::uint32_t> places_;
};

}  // namespace shoal::SHOAL_ISA
