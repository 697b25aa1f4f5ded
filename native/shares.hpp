// Each sample's share in J, s_i / Σ s.
#pragma once

#include "table.hpp"

namespace shoal::SHOAL_ISA {

// Writes the shares s_i / Σ s of the samples `rows` of one member, `step` numbers apart; 0 where all s are 0.
// Returns Σ s. Where `s` is null all of them are 1.
template <class T>
T lay_out_shares(const T* s, const std::uint32_t* rows, std::size_t samples, std::size_t step, T* share) {
    if (!s) {
        const T even = static_cast<T>(1.0 / static_cast<double>(samples));
        for (std::size_t i = 0; i < samples; ++i) share[i * step] = even;
        return static_cast<T>(samples);
    }
    constexpr std::size_t kSums = 4;  // that do not wait for each other
    double total[kSums] = {};
    for (std::size_t i = 0; i < samples; ++i) {
        share[i * step] = s[rows ? rows[i] : i];
        total[i % kSums] += share[i * step];
    }
    const double sum = (total[0] + total[1]) + (total[2] + total[3]);
    const T scale = sum > 0 ? static_cast<T>(1 / sum) : T(0);
    for (std::size_t i = 0; i < samples; ++i) share[i * step] *= scale;
    return static_cast<T>(sum);
}

// The same of as many members as there are lanes, which see the same samples: `s` has a vector for each sample.
template <class T>
Vec<T> lay_out_shares_of_lanes(const T* s, const std::uint32_t* rows, std::size_t samples, T* share) {
    constexpr std::size_t kSums = 4, L = kLanes<T>;
    Wide<T> total[kSums] = {};
    for (std::size_t i = 0; i < samples; ++i) {
        const Vec<T> own = load(s + rows[i] * L);
        store(share + i * L, own);
        total[i % kSums] += widen<T>(own);
    }
    const Wide<T> sum = (total[0] + total[1]) + (total[2] + total[3]), zero{};
    const Vec<T> scale = narrow<T>(select<Wide<T>>(sum > zero, 1 / sum, zero));
    for (std::size_t i = 0; i < samples * L; i += L) store(share + i, load(share + i) * scale);
    return narrow<T>(sum);
}

// Writes the shares of a group's minibatches.
template <class T, bool LaneIsMember> class Shares {
  public:
    static constexpr std::size_t L = kLanes<T>, kMembers = LaneIsMember ? L : 1;

    // `weights(lane)` are those of the member in a lane, of n samples; null where all are 1. They are kept as batches are
    // laid out where a near cache has room for them, which changes no bit.
    template <class F> void know(F weights, std::size_t n) {
        constexpr std::size_t kRoom = 64 * 1024;
        for (std::size_t lane = 0; lane < kMembers; ++lane) of_[lane] = weights(lane);
        if (!LaneIsMember || !of_[0] || n * sizeof(Vec<T>) > kRoom) return;
        in_lanes_ = Aligned<T>(n * L);
        for (std::size_t i = 0; i < n; ++i)
            for (std::size_t lane = 0; lane < kMembers; ++lane) in_lanes_.data()[i * L + lane] = of_[lane][i];
    }

    // Writes those of one minibatch, whose samples `rows` names for each lane, and returns their weights.
    Vec<T> lay_out(const std::uint32_t* const* rows, bool same_rows, std::size_t samples, T* share) const {
        if (LaneIsMember && same_rows && in_lanes_.size())
            return lay_out_shares_of_lanes<T>(in_lanes_.data(), rows[0], samples, share);
        Vec<T> weights{};
        for (std::size_t lane = 0; lane < kMembers; ++lane)
            weights[lane] = lay_out_shares(of_[lane], rows[lane], samples, kMembers, share + lane);
        return weights;
    }

  private:
    const T* of_[L] = {};
    Aligned<T> in_lanes_;
};

}  // namespace shoal::SHOAL_ISA
