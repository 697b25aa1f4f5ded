// The engine for one instruction set. CMake compiles it once for each, with SHOAL_ISA as its namespace and
// SHOAL_ISA_NAME as its name, into one module that offers those that the machine runs.
#include "engine.hpp"

#include <algorithm>
#include <cstring>

#include "layout.hpp"
#include "outputs.hpp"
#include "speed.hpp"
#include "trainer.hpp"

namespace shoal::SHOAL_ISA {
namespace {

template <class T> std::unique_ptr<Trainer<T>> begin(const Job<T>& job) {
    if (lane_is_member(job)) return std::make_unique<Groups<T, true>>(job);
    return std::make_unique<Groups<T, false>>(job);
}

template <class T> bool evaluate(const Evaluation<T>& job) { return outputs(job); }

template <class T, class F> bool apply_each(const T* from, T* to, std::size_t n, F f) {
    constexpr std::size_t L = kLanes<T>;
    std::size_t i = 0;
    for (; i + L <= n; i += L) store(to + i, f(load(from + i)));
    T rest[L] = {};
    std::memcpy(rest, from + i, (n - i) * sizeof(T));
    store(rest, f(load(rest)));
    std::memcpy(to + i, rest, (n - i) * sizeof(T));
    return true;
}

template <class T> bool apply(const char* f, const T* from, T* to, std::size_t n) {
    using V = Vec<T>;
    const auto is = [f](const char* name) { return std::strcmp(f, name) == 0; };
    if (is("exp")) return apply_each(from, to, n, [](V x) { return exp(x); });
    if (is("expm1")) return apply_each(from, to, n, [](V x) { return expm1(x); });
    if (is("log")) return apply_each(from, to, n, [](V x) { return log(x); });
    if (is("log1p")) return apply_each(from, to, n, [](V x) { return log1p(x); });
    if (is("tanh")) return apply_each(from, to, n, [](V x) { return tanh(x); });
    if (is("sigmoid")) return apply_each(from, to, n, [](V x) { return sigmoid(x); });
    if (is("ndtr")) return apply_each(from, to, n, [](V x) { return ndtr(x); });
    return false;
}

template <class T>
void deform_all(const Deformation& given, const T* from, std::size_t n, std::uint64_t epoch, std::size_t threads,
                T* to) {
    const std::size_t size = given.channels * given.pixels();
    deform(given, from, n, epoch, threads, [=](std::size_t i) { return to + i * size; });
}

}  // namespace

extern const Engine engine;
const Engine engine{SHOAL_ISA_NAME,        &begin<float>,          &begin<double>,  &evaluate<float>,
                    &evaluate<double>,     &apply<float>,          &apply<double>,  &deform_all<float>,
                    &deform_all<double>,   kLanes<float>,          kLanes<double>,  kChains,
                    &multiply_adds<float>, &multiply_adds<double>, &product<float>, &product<double>};

}  // namespace shoal::SHOAL_ISA
