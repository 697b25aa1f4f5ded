// The Python module shoal._native: what the compiled engine offers to Python, and nothing else.
#include <nanobind/nanobind.h>

#include "instruction_set.hpp"

namespace nb = nanobind;

NB_MODULE(_native, module) {
    module.doc() = "The compiled engine.";
    module.def("instruction_set", &shoal::instruction_set,
               "Return the highest instruction set level that this processor runs: 'x86-64-v1' to 'x86-64-v4', "
               "'aarch64' or 'generic'.");
}
