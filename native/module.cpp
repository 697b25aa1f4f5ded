// The Python module shoal._native: what the compiled engine offers to Python, and nothing else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "engine.hpp"
#include "instruction_set.hpp"
#include "instruction_sets.hpp"  // generated: those that this module is built for
#include "pool.hpp"

namespace nb = nanobind;

#define SHOAL_DECLARE(isa) namespace shoal::isa { extern const Engine engine; }
SHOAL_FOR_EACH_ISA(SHOAL_DECLARE)

namespace {

using namespace shoal;

template <class T, int axes> using Array = nb::ndarray<T, nb::ndim<axes>, nb::c_contig, nb::device::cpu>;

// X (N, n), y (K, N), s (1, N) or (P, N).
template <class T> using SamplesArrays = std::tuple<Array<const T, 2>, Array<const T, 2>, Array<const T, 2>>;
// Layers (L, 25), weight mask (D,), loss, its parameter, inputs, outputs.
using NetworkArrays = std::tuple<Array<const double, 2>, Array<const bool, 1>, int, double, std::size_t, std::size_t>;
// Kind, parameters, needs the full batch, multiplies decay by the rate.
using SolverArrays = std::tuple<int, std::vector<double>, bool, bool>;
// The watch over losses: tol, patience, best (P,), count (P,).
using WatchArrays = std::tuple<double, double, Array<double, 1>, Array<std::int64_t, 1>>;
// Orders (E, R, n) and each member's (P,), penalty (P,), the solver's memory (S, P, D) and scalars (Q, P), steps
// before, and who watches the losses.
template <class T>
using ReinsArrays = std::tuple<Array<const std::uint32_t, 3>, Array<const std::int64_t, 1>, Array<double, 1>,
                               Array<T, 3>, Array<double, 2>, std::size_t, std::optional<WatchArrays>>;
// Channels, rows, columns; translate, largest factor, rotate, elastic, fill; taps of the Gaussian; seed.
using AugmentationArrays = std::tuple<std::size_t, std::size_t, std::size_t, std::vector<double>,
                                      Array<const double, 1>, std::uint64_t>;
// Loss (P, epochs), validation loss (P, epochs), epochs, best epoch and reason (P,).
using HistoryArrays = std::tuple<Array<double, 2>, std::optional<Array<double, 2>>, Array<std::int64_t, 1>,
                                 Array<std::int64_t, 1>, Array<std::int64_t, 1>>;

// The engines built into this module, the best one last.
std::vector<const Engine*> built() {
#define SHOAL_ADDRESS(isa) &isa::engine,
    return {SHOAL_FOR_EACH_ISA(SHOAL_ADDRESS)};
}

// Those that this machine runs, the best one first. Levels are cumulative and end with the machine's own.
std::vector<const Engine*> usable() {
    const std::string highest = instruction_set();
    std::vector<const Engine*> engines;
    for (const Engine* engine : built())
        if (std::string(engine->name) <= highest) engines.insert(engines.begin(), engine);
    return engines;
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Engine* engine : usable()) names.emplace_back(engine->name);
    return names;
}

const Engine& engine_for(const std::string& name) {
    for (const Engine* engine : usable())
        if (name == engine->name) return *engine;
    throw nb::value_error(("this machine has no engine for the instruction set '" + name + "'").c_str());
}

// Whether this is the thread in which Python handles signals.
bool is_main_thread() {
    const nb::module_ threading = nb::module_::import_("threading");
    return threading.attr("get_ident")().equal(threading.attr("main_thread")().attr("ident"));
}

// Lets a job be ended from outside, every kPause, in the thread that began it: Ctrl-C is for jobs of the main thread to
// notice; jobs of other threads call their checkpoint, if there is one, and end with what it raises. Without one nothing is
// called: a daemon thread that asked for the interpreter while it ends would be ended with it, in the midst of C++.
constexpr std::chrono::milliseconds kPause{50};

std::function<void()> interruptions_of(Watch& watch, const nb::callable* checkpoint) {
    const bool is_main = is_main_thread();
    if (!is_main && checkpoint == nullptr) return nullptr;
    using Clock = std::chrono::steady_clock;
    return [&watch, checkpoint, is_main, owner = std::this_thread::get_id(), last = Clock::now()]() mutable {
        if (std::this_thread::get_id() != owner) return;
        const Clock::time_point now = Clock::now();
        if (now - last < kPause) return;
        last = now;
        const nb::gil_scoped_acquire gil;
        try {
            if (!is_main) (*checkpoint)();
            else if (PyErr_CheckSignals() != 0) throw nb::python_error();
        } catch (const nb::python_error&) {
            watch.fail(std::current_exception());
        }
    };
}

// Calls report(epochs done, members active), which returns whether to end.
std::function<bool(std::size_t, std::size_t)> reports_to(const std::optional<nb::callable>& report) {
    if (!report) return nullptr;
    return [&report](std::size_t epochs, std::size_t active) {
        const nb::gil_scoped_acquire gil;
        return nb::cast<bool>((*report)(epochs, active));
    };
}

template <class T> Samples<T> samples_of(const SamplesArrays<T>& arrays) {
    const auto& [X, y, s] = arrays;
    return {X.data(), y.data(), s.data(), X.shape(0), s.shape(0) > 1};
}

Deformation deformation_of(const AugmentationArrays& arrays) {
    const auto& [channels, rows, columns, extents, taps, seed] = arrays;
    return {channels, rows, columns, extents.at(0), extents.at(1), extents.at(2), extents.at(3), extents.at(4),
            taps.data(), taps.size() / 2, seed};
}

template <class T>
void train(const std::string& isa, const NetworkArrays& network, Array<T, 2> theta, Array<const std::uint64_t, 2> keys,
           const SamplesArrays<T>& samples, const std::optional<SamplesArrays<T>>& validation,
           Array<const double, 2> strengths, const SolverArrays& solver,
           const std::optional<Array<const double, 1>>& factors, std::size_t epochs, std::size_t batch_size,
           double tolerance, std::size_t patience, std::optional<std::uint64_t> shared_order, double clip_norm,
           const std::optional<AugmentationArrays>& augmentation, bool by_batch,
           const std::optional<ReinsArrays<T>>& leading, std::size_t threads, const HistoryArrays& history,
           const std::optional<nb::callable>& report, const std::optional<nb::callable>& checkpoint) {
    const Engine& engine = engine_for(isa);
    Course course;
    const auto& [loss, validation_loss, epochs_run, best_epoch, stopped] = history;
    course.loss = loss.data();
    course.validation_loss = validation_loss ? validation_loss->data() : nullptr;
    course.epochs = epochs_run.data(), course.best_epoch = best_epoch.data(), course.stopped = stopped.data();
    course.poll = interruptions_of(course, checkpoint ? &*checkpoint : nullptr);
    course.report = reports_to(report);

    const auto& [layers, weight_mask, criterion, loss_parameter, inputs, outputs] = network;
    const auto& [kind, parameters, full_batch, decay_times_rate] = solver;
    const std::size_t P = theta.shape(0);
    Job<T> job{};
    job.network = {layers.data(), layers.shape(0), inputs, outputs, theta.shape(1), criterion, loss_parameter,
                   weight_mask.data()};
    job.members = P, job.theta = theta.data(), job.keys = keys.data();
    job.train = samples_of<T>(samples);
    if (validation) job.validation = samples_of<T>(*validation);
    job.l2 = strengths.data(), job.l1 = job.l2 + P, job.weight_decay = job.l1 + P;
    job.learning_rate = job.weight_decay + P;
    job.by_batch = by_batch;
    Reins<T> reins{};
    LossWatch watch{};
    if (leading) {
        const auto& [orders, which, penalty, memory, scalars, first_step, watching] = *leading;
        if (watching) {
            const auto& [tol, patience_of_watch, best, count] = *watching;
            watch = {tol, patience_of_watch, best.data(), count.data()};
        }
        reins = {orders.data(), which.data(), orders.shape(0), orders.shape(1), orders.shape(2), penalty.data(),
                 memory.data(), scalars.data(), first_step, watching ? &watch : nullptr};
        job.reins = &reins;
    }
    job.solver = kind, job.solver_parameters = parameters.data();
    job.full_batch_solver = full_batch, job.decay_times_rate = decay_times_rate;
    job.factors = factors ? factors->data() : nullptr;
    job.epochs = epochs, job.batch_size = batch_size, job.tolerance = tolerance, job.patience = patience;
    const std::optional<Deformation> deformation =
        augmentation ? std::optional(deformation_of(*augmentation)) : std::nullopt;
    job.deformation = deformation ? &*deformation : nullptr;
    job.shared_order = shared_order.has_value(), job.order_seed = shared_order.value_or(0);
    job.clip_norm = clip_norm, job.threads = threads, job.course = &course;
    {
        const nb::gil_scoped_release released;
        if constexpr (sizeof(T) == 4) engine.train_float(job);
        else engine.train_double(job);
    }
    if (course.failure) std::rethrow_exception(course.failure);
}

template <class T>
void outputs(const std::string& isa, Array<const double, 2> layers, Array<const T, 2> theta, Array<const T, 2> X,
             std::size_t threads, Array<T, 3> z) {
    const Engine& engine = engine_for(isa);
    Watch watch;
    watch.poll = interruptions_of(watch, nullptr);
    Evaluation<T> job{};
    job.network = {layers.data(), layers.shape(0), X.shape(1), z.shape(1), theta.shape(1), 0, 0, nullptr};
    job.members = theta.shape(0), job.n = X.shape(0), job.theta = theta.data(), job.X = X.data(), job.z = z.data();
    job.threads = threads, job.watch = &watch;
    if (z.shape(0) != job.members || z.shape(2) != job.n)
        throw nb::value_error("outputs takes theta (P, D), X (N, n) and z (P, K, N)");
    {
        const nb::gil_scoped_release released;
        if constexpr (sizeof(T) == 4) engine.outputs_float(job);
        else engine.outputs_double(job);
    }
    if (watch.failure) std::rethrow_exception(watch.failure);
}

template <class T> void apply(const std::string& isa, const std::string& f, Array<const T, 1> from, Array<T, 1> to) {
    const Engine& engine = engine_for(isa);
    bool known;
    if constexpr (sizeof(T) == 4) known = engine.apply_float(f.c_str(), from.data(), to.data(), from.size());
    else known = engine.apply_double(f.c_str(), from.data(), to.data(), from.size());
    if (!known) throw nb::value_error(("there is no elementary function '" + f + "'").c_str());
}

template <class T>
void deform(const std::string& isa, const AugmentationArrays& augmentation, Array<const T, 2> X, std::uint64_t epoch,
            std::size_t threads, Array<T, 2> seen) {
    const Engine& engine = engine_for(isa);
    const Deformation deformation = deformation_of(augmentation);
    if (X.shape(1) != deformation.channels * deformation.pixels() || seen.shape(0) != X.shape(0) ||
        seen.shape(1) != X.shape(1))
        throw nb::value_error("deform takes X and seen (N, C·H·W) of the shape that the augmentation names");
    const nb::gil_scoped_release released;
    if constexpr (sizeof(T) == 4) engine.deform_float(deformation, X.data(), X.shape(0), epoch, threads, seen.data());
    else engine.deform_double(deformation, X.data(), X.shape(0), epoch, threads, seen.data());
}

// How many multiply-adds were done.
template <class T> std::size_t multiply_adds(const std::string& isa, std::size_t n, Array<T, 1> sum) {
    const Engine& engine = engine_for(isa);
    constexpr bool single = sizeof(T) == 4;
    *sum.data() = static_cast<T>(single ? engine.multiply_adds_float(n) : engine.multiply_adds_double(n));
    return n * engine.chains * (single ? engine.float_lanes : engine.double_lanes);
}

template <class T>
void product(const std::string& isa, Array<const T, 2> W, Array<const T, 2> a, Array<T, 2> z, std::size_t repeats) {
    const Engine& engine = engine_for(isa);
    const std::size_t units = W.shape(0), inputs = W.shape(1), samples = a.shape(1);
    const std::size_t lanes = sizeof(T) == 4 ? engine.float_lanes : engine.double_lanes;
    if (a.shape(0) != inputs || z.shape(0) != units || z.shape(1) != samples || samples % lanes)
        throw nb::value_error("product takes W (m, n), a (n, N) and z (m, N), N a multiple of the lanes");
    if constexpr (sizeof(T) == 4)
        engine.product_float(units, inputs, samples / lanes, W.data(), a.data(), z.data(), repeats);
    else
        engine.product_double(units, inputs, samples / lanes, W.data(), a.data(), z.data(), repeats);
}

template <class T> void define(nb::module_& module) {
    using namespace nb::literals;
    module.def("train", &train<T>, "isa"_a, "network"_a, "theta"_a.noconvert(), "keys"_a, "samples"_a,
               "validation"_a.none(), "strengths"_a, "solver"_a, "factors"_a.none(), "epochs"_a, "batch_size"_a,
               "tolerance"_a, "patience"_a, "shared_order"_a.none(), "clip_norm"_a, "augmentation"_a.none(), "by_batch"_a, "reins"_a.none(),
               "threads"_a, "history"_a, "report"_a.none(), "checkpoint"_a.none(), "Train members in place, as shoal/training.py does.");
    module.def("outputs", &outputs<T>, "isa"_a, "layers"_a, "theta"_a.noconvert(), "X"_a.noconvert(), "threads"_a,
               "z"_a.noconvert(), "Write what members give for rows, without dropout.");
    module.def("apply", &apply<T>, "isa"_a, "f"_a, "x"_a.noconvert(), "out"_a.noconvert(),
               "Write an elementary function of x into out.");
    module.def("deform", &deform<T>, "isa"_a, "augmentation"_a, "X"_a.noconvert(), "epoch"_a, "threads"_a,
               "seen"_a.noconvert(), "Write images as an epoch sees them.");
    module.def("multiply_adds", &multiply_adds<T>, "isa"_a, "n"_a, "sum"_a.noconvert(),
               "Do chains of n multiply-adds, and return how many that were.");
    module.def("product", &product<T>, "isa"_a, "W"_a.noconvert(), "a"_a.noconvert(), "z"_a.noconvert(), "repeats"_a,
               "Write W a into z, as a layer does it, many times over.");
}

}  // namespace

NB_MODULE(_native, module) {
    module.doc() = "The compiled engine.";
    module.def("instruction_set", &instruction_set,
               "Return the highest instruction set level that this processor runs: 'x86-64-v1' to 'x86-64-v4', "
               "'aarch64' or 'generic'.");
    module.def("instruction_sets", &instruction_sets,
               "Return the instruction sets that this machine has an engine for, the best one first.");
    module.def("cores", &cores, "Return the number of cores that this process may run on.");
    define<float>(module);
    define<double>(module);
}
