// Which instructions this processor runs, so that the kernels compiled for them can be chosen.
#pragma once

namespace shoal {

// The name of the highest level of the x86-64 psABI (GCC's -march=x86-64-v2, -v3, -v4) that both the
// processor and the operating system support; "aarch64", where vectors of 16 bytes are part of the
// base; "generic" elsewhere.
//
// A level holds a few instructions more than are asked for here; no processor has these without those.
inline const char* instruction_set() noexcept {
#if defined(__x86_64__)
    __builtin_cpu_init();
    const bool v2 =
        __builtin_cpu_supports("ssse3") && __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt");
    const bool v3 = v2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
                    __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2");
    const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                    __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                    __builtin_cpu_supports("avx512vl");
    return v4 ? "x86-64-v4" : v3 ? "x86-64-v3" : v2 ? "x86-64-v2" : "x86-64-v1";
#elif defined(__aarch64__)
    return "aarch64";
#else
    return "generic";
#endif
}

}  // namespace shoal
