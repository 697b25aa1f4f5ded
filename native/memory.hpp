// What a group remembers, copied to the caller's memory of all members and back, by name.
#pragma once

#include <algorithm>
#include <cstddef>
#include <stdexcept>

#include "job.hpp"
#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

// Goes through what a group remembers of members `first` … `first + count − 1` of P, which are its lanes or, where a lane
// is a sample, its only member. A field says its name once, for both directions.
template <class T> class Ledger {
  public:
    static constexpr std::size_t L = kLanes<T>;

    Ledger(Direction direction, Memory<T>& memory, std::size_t members, std::size_t first, std::size_t count,
           std::size_t D, bool lane_is_member)
        : direction_(direction), memory_(memory), members_(members), first_(first), count_(count), D_(D),
          lanes_(lane_is_member ? L : 1) {}

    // Number i of `of` vectors that lie as θ does.
    void vector(const char* name, T* numbers, std::size_t i = 0, std::size_t of = 1) {
        T* const outside = find(memory_.vectors, name, of * D_);
        for (std::size_t lane = 0; lane < count_; ++lane)
            for (std::size_t d = 0; d < D_; ++d)
                copy(numbers[d * lanes_ + lane], outside[((first_ + lane) * of + i) * D_ + d]);
    }

    // Behind the parameters of an only member lie zeros, as where it begins; they are not remembered.
    void nothing_behind(std::vector<T>& numbers) const {
        if (direction_ == Direction::from_memory && lanes_ == 1)
            std::fill(numbers.begin() + static_cast<std::ptrdiff_t>(D_), numbers.end(), T(0));
    }

    // A number of each member, in its lane, or in all lanes of the only one.
    template <class V> void number(const char* name, V& lanes, std::size_t i = 0, std::size_t of = 1) {
        double* const outside = find(memory_.numbers, name, of);
        const bool to_memory = direction_ == Direction::to_memory;
        for (std::size_t member = 0; to_memory && member < count_; ++member)
            outside[(first_ + member) * of + i] = static_cast<double>(lanes[member]);
        for (std::size_t lane = 0; !to_memory && lane < (lanes_ > 1 ? count_ : L); ++lane)
            lanes[lane] = static_cast<Element<V>>(outside[(first_ + (lanes_ > 1 ? lane : 0)) * of + i]);
    }

    // A number that is the same for all members of the group, who began together.
    void common(const char* name, double& number) {
        double* const outside = find(memory_.numbers, name, 1);
        for (std::size_t lane = 0; lane < count_; ++lane) copy(number, outside[first_ + lane]);
    }

  private:
    template <class N> void copy(N& inside, N& outside) const {
        if (direction_ == Direction::to_memory) outside = inside;
        else inside = outside;
    }

    // The numbers of that name, so many a member.
    template <class N> N* find(std::map<std::string, std::vector<N>>& all, const char* name, std::size_t each) const {
        std::vector<N>& numbers = all[name];
        if (direction_ == Direction::to_memory) numbers.resize(members_ * each);
        if (numbers.size() != members_ * each)
            throw std::invalid_argument(std::string("the snapshot's '") + name + "' is not of these members");
        return numbers.data();
    }

    const Direction direction_;
    Memory<T>& memory_;
    const std::size_t members_, first_, count_, D_, lanes_;
};

}  // namespace shoal::SHOAL_ISA
