// The random streams of shoal/randomness.py: Philox4x64-10 (Salmon et al. 2011), number for number.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

enum class Purpose : std::uint64_t { weights, order, dropout, split, permutation, other, augmentation };

// One stream: key = (seed, member), counter = (position, index, purpose, 0). Draw k is word k mod 4 of the
// block at position 1 + k div 4, so a stream can be opened anywhere.
class Stream {
  public:
    Stream(std::uint64_t seed, std::uint64_t member, Purpose purpose, std::uint64_t index)
        : key0_(seed), key1_(member), index_(index), purpose_(static_cast<std::uint64_t>(purpose)) {}

    std::uint64_t raw(std::uint64_t k) {
        const std::uint64_t position = 1 + k / 4;
        if (position != position_) generate(position);
        return block_[k % 4];
    }

    // Uniform in [0, 1): 53 bits, as NumPy's Generator.random.
    double uniform(std::uint64_t k) { return static_cast<double>(raw(k) >> 11) * 0x1p-53; }

  private:
    void generate(std::uint64_t position) {
        std::uint64_t c0 = position, c1 = index_, c2 = purpose_, c3 = 0, k0 = key0_, k1 = key1_;
        for (int round = 0; round < 10; ++round) {
            const unsigned __int128 p0 = (unsigned __int128)0xD2E7470EE14C6C93u * c0;
            const unsigned __int128 p1 = (unsigned __int128)0xCA5A826395121157u * c2;
            c0 = static_cast<std::uint64_t>(p1 >> 64) ^ c1 ^ k0;
            c1 = static_cast<std::uint64_t>(p1);
            c2 = static_cast<std::uint64_t>(p0 >> 64) ^ c3 ^ k1;
            c3 = static_cast<std::uint64_t>(p0);
            k0 += 0x9E3779B97F4A7C15u;
            k1 += 0xBB67AE8584CAA73Bu;
        }
        block_[0] = c0, block_[1] = c1, block_[2] = c2, block_[3] = c3;
        position_ = position;
    }

    std::uint64_t key0_, key1_, index_, purpose_;
    std::uint64_t position_ = 0;  // no block has it
    std::uint64_t block_[4] = {};
};

// A random order of 0 … n−1: the one that sorts n raw draws (stably). The draws are uniform, so they are
// dealt into about n buckets by their leading bits and sorted within each: linear time.
class Permuter {
  public:
    explicit Permuter(std::size_t n) : n_(n), keys_(n), order_(n) {
        while (bits_ < 62 && (std::size_t(1) << bits_) < n) ++bits_;
        first_.resize((std::size_t(1) << bits_) + 1);
        draws_.resize(n);
    }

    const std::uint32_t* operator()(Stream stream) {
        std::fill(first_.begin(), first_.end(), 0u);
        for (std::size_t i = 0; i < n_; ++i) {
            draws_[i] = stream.raw(i);
            ++first_[bucket(draws_[i]) + 1];
        }
        for (std::size_t b = 1; b < first_.size(); ++b) first_[b] += first_[b - 1];
        for (std::size_t i = 0; i < n_; ++i) {
            const std::size_t at = first_[bucket(draws_[i])]++;
            keys_[at] = draws_[i], order_[at] = static_cast<std::uint32_t>(i);
        }
        // Insertion within buckets: draws of earlier buckets are smaller, so no element leaves its own.
        for (std::size_t i = 1; i < n_; ++i) {
            const std::uint64_t key = keys_[i];
            const std::uint32_t row = order_[i];
            std::size_t j = i;
            for (; j > 0 && keys_[j - 1] > key; --j) keys_[j] = keys_[j - 1], order_[j] = order_[j - 1];
            keys_[j] = key, order_[j] = row;
        }
        return order_.data();
    }

  private:
    std::size_t bucket(std::uint64_t draw) const { return bits_ ? draw >> (64 - bits_) : 0; }

    std::size_t n_;
    int bits_ = 0;
    std::vector<std::uint64_t> keys_, draws_;
    std::vector<std::uint32_t> order_, first_;
};

}  // namespace shoal::SHOAL_ISA
