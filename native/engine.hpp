// What the kernels compiled for one instruction set offer to the rest of the module.
#pragma once

#include <cstddef>
#include <memory>

#include "job.hpp"

namespace shoal {

struct Engine {
    const char* name;  // as instruction_set() names it
    // Members that have begun to train; the job outlives them.
    std::unique_ptr<Trainer<float>> (*begin_float)(const Job<float>&);
    std::unique_ptr<Trainer<double>> (*begin_double)(const Job<double>&);
    // Return whether X is finite.
    bool (*outputs_float)(const Evaluation<float>&);
    bool (*outputs_double)(const Evaluation<double>&);
    // to = f(from) for n numbers, f an elementary function by its name; false if there is none of that name.
    bool (*apply_float)(const char* f, const float* from, float* to, std::size_t n);
    bool (*apply_double)(const char* f, const double* from, double* to, std::size_t n);
    // to = n images as an epoch sees them.
    void (*deform_float)(const Deformation&, const float* from, std::size_t n, std::uint64_t epoch, std::size_t threads,
                         float* to);
    void (*deform_double)(const Deformation&, const double* from, std::size_t n, std::uint64_t epoch,
                          std::size_t threads, double* to);
    // For the benchmarks, see speed.hpp.
    std::size_t float_lanes, double_lanes, chains;
    double (*multiply_adds_float)(std::size_t n);
    double (*multiply_adds_double)(std::size_t n);
    void (*product_float)(std::size_t units, std::size_t inputs, std::size_t columns, const float* W, const float* a,
                          float* z, std::size_t repeats);
    void (*product_double)(std::size_t units, std::size_t inputs, std::size_t columns, const double* W, const double* a,
                           double* z, std::size_t repeats);
};

}  // namespace shoal
