// What the kernels compiled for one instruction set offer to the rest of the module.
#pragma once

#include <cstddef>

#include "job.hpp"

namespace shoal {

struct Engine {
    const char* name;  // as instruction_set() names it
    void (*train_float)(const Job<float>&);
    void (*train_double)(const Job<double>&);
    // to = f(from) for n numbers, f an elementary function by its name; false if there is none of that name.
    bool (*apply_float)(const char* f, const float* from, float* to, std::size_t n);
    bool (*apply_double)(const char* f, const double* from, double* to, std::size_t n);
};

}  // namespace shoal
