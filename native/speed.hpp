// What the benchmarks time: the machine's own peak, and a dense layer's product as training computes it.
#pragma once

#include <cstddef>
#include <cstring>

#include "pass.hpp"

namespace shoal::SHOAL_ISA {

// Independent chains of multiply-adds: enough to hide the latency of one behind the others.
constexpr int kChains = 12;

// x ← ½ x + 1, n times in every lane of every chain. Returns the sum of all, which nears twice their number. Each
// chain begins elsewhere: of equal ones the compiler would do but some.
template <class T> double multiply_adds(std::size_t n) {
    Vec<T> x[kChains];
    for (int chain = 0; chain < kChains; ++chain) x[chain] = splat(T(chain));
    for (std::size_t i = 0; i < n; ++i)
        for (Vec<T>& chain : x) chain = chain * splat(T(0.5)) + splat(T(1));
    double total = 0;
    for (const Vec<T>& chain : x) total += sum(chain);
    return total;
}

// z = W a, `repeats` times over: W (units, inputs), a (inputs, columns · lanes), z (units, columns · lanes).
template <class T>
void product(std::size_t units, std::size_t inputs, std::size_t columns, const T* W, const T* a, T* z,
             std::size_t repeats) {
    const std::size_t n_weights = units * inputs;
    Layer layer;
    layer.inputs = inputs, layer.units = units, layer.b = n_weights;
    const Network network{{layer}, {Loss::squared_error}, inputs, units, n_weights + units};
    std::vector<T> theta(n_weights + units);  // and biases of 0
    std::memcpy(theta.data(), W, n_weights * sizeof(T));
    Pass<T, false> pass(network, columns, 1);
    pass.bind(a, nullptr, nullptr, columns);
    const T* outputs = nullptr;
    for (std::size_t i = 0; i < repeats; ++i) outputs = pass.forward(theta.data(), columns, nullptr);
    if (outputs) std::memcpy(z, outputs, units * columns * kLanes<T> * sizeof(T));
}

}  // namespace shoal::SHOAL_ISA
