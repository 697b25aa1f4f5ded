// Members that wait for a lane.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>

#include "lanes.hpp"

namespace shoal::SHOAL_ISA {

// Members of a job whose turn is yet to come: `first` … of so many.
class Waiting {
  public:
    Waiting(std::size_t first, std::size_t members) : next_(first), members_(members) {}

    // The next of them, or the number of all members where none is left.
    std::size_t take() {
        // Looks first: lanes that are left over ask again in every epoch.
        if (next_.load(std::memory_order_relaxed) >= members_) return members_;
        return std::min(next_.fetch_add(1, std::memory_order_relaxed), members_);
    }

  private:
    std::atomic<std::size_t> next_;
    const std::size_t members_;
};

}  // namespace shoal::SHOAL_ISA
