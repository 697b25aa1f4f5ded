// The Python module shoal._native: what the compiled engine offers to Python, and nothing else.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "draws.hpp"
#include "engine.hpp"
#include "instruction_set.hpp"
#include "instruction_sets.hpp"  // generated: those that this module is built for
#include "interpreter.hpp"
#include "pool.hpp"
#include "reader.hpp"

namespace nb = nanobind;

#define SHOAL_DECLARE(isa)      \
    namespace shoal::isa {      \
    extern const Engine engine; \
    }
SHOAL_FOR_EACH_ISA(SHOAL_DECLARE)

namespace {

using namespace shoal;

template <class T, int axes> using Array = nb::ndarray<T, nb::ndim<axes>, nb::c_contig, nb::device::cpu>;

// Orders (E, R, n) and each member's (P,).
using OrdersArrays = std::tuple<Array<const std::uint32_t, 3>, Array<const std::int64_t, 1>>;
// An architecture that Python described, and the arrays that it points to.
struct Architecture {
    Network network;
    Held held;

    explicit Architecture(const nb::dict& given) { Reader::read_record(given, network, held); }
};

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

// Lets a job be ended from outside, every kPause, in the thread that began it: Ctrl-C is for jobs of the main thread to
// notice; jobs of other threads call their checkpoint, if there is one, and end with what it raises. Without one nothing is
// called: work that nobody can end need not wait for the lock.
constexpr std::chrono::milliseconds kPause{50};

// Tells whether it is time for a pause. Small networks' updates are over so soon that a look at the clock for each counts:
// where it came so soon after the last one, the next waits for some more calls.
class Pauses {
  public:
    bool due() {
        if (--calls_ > 0) return false;
        const Clock::time_point now = Clock::now();
        calls_ = now - seen_ < kSoon ? kCalls : 1, seen_ = now;
        if (now - last_ < kPause) return false;
        last_ = now;
        return true;
    }

  private:
    using Clock = std::chrono::steady_clock;
    static constexpr std::chrono::milliseconds kSoon{1};
    static constexpr int kCalls = 16;

    Clock::time_point last_ = Clock::now(), seen_ = last_;
    int calls_ = 1;
};

std::function<void()> interruptions_of(Control& control, Lock& lock, const nb::callable* checkpoint) {
    const bool is_main = MainThread::is_this();
    if (!is_main && checkpoint == nullptr) return nullptr;
    return [&control, &lock, checkpoint, is_main, owner = std::this_thread::get_id(), pauses = Pauses()]() mutable {
        if (std::this_thread::get_id() != owner || !pauses.due()) return;
        try {
            lock.held([&] {
                if (is_main && PyErr_CheckSignals() != 0) throw nb::python_error();
                if (!is_main) call(*checkpoint);
            });
        } catch (const nb::python_error&) {
            control.fail(std::current_exception());
        }
    };
}

// Whether each strength of a problem, which are its only arrays of numbers, has one for every member.
struct OfMembers {
    std::size_t members;
    bool all = true;

    void operator()(const char*, View<const double, 1>& strength) { all = all && strength.shape[0] == members; }
    template <class M> void operator()(const char*, M&) {}
    template <class M> void optional(const char*, M&) {}
};

// Whether all arrays of a job are as long as its members, its network and its epochs say.
template <class T> bool fits(Job<T>& job) {
    const Network& network = *job.network;
    const std::size_t P = job.members();
    const std::array<std::size_t, 2> course{P, job.epochs};
    const auto samples = [&](const Samples<T>& given) {
        return given.X.shape[1] == network.inputs && given.y.shape == std::array{network.outputs, given.n()} &&
               (given.s.shape[0] == 1 || given.s.shape[0] == P) && given.s.shape[1] == given.n() &&
               (!given.lengths || given.lengths.shape[0] == given.n());
    };
    bool all = job.theta.shape[1] == network.n_parameters && network.weight_mask.shape[0] == network.n_parameters &&
               job.keys.shape == std::array<std::size_t, 2>{P, 2} && samples(job.train) &&
               job.course.loss.shape == course;
    if (job.validation) all = all && samples(*job.validation) && job.course.validation_loss.shape == course;
    OfMembers strengths{P};
    visit_fields(static_cast<Problem<T>&>(job), strengths);
    all = all && strengths.all;
    for (const auto& counts : {job.course.epochs, job.course.best_epoch, job.course.stopped})
        all = all && counts.shape[0] == P;
    const bool tells = job.solver.kind == SolverKind::bayesian_regularization;
    for (const auto& told : {job.course.gamma, job.course.alpha, job.course.beta})
        all = all && (told ? told.shape == course : !tells);
    const std::optional<Watch>& watch = job.course.watch;
    return all && job.course.penalty.shape[0] == P &&
           (!watch || (watch->best.shape[0] == P && watch->count.shape[0] == P));
}

// Members that train, with all that they read and write.
template <class T> class Training {
  public:
    // The architecture outlives this.
    Training(const std::string& isa, const Architecture& architecture, const Array<T, 2>& theta,
             const Array<const std::uint64_t, 2>& keys, const nb::dict& problem, const nb::dict& recipe,
             const nb::dict& course)
        : theta_(theta), keys_(keys) {
        job_.network = &architecture.network;
        point(job_.theta, theta_), point(job_.keys, keys_);
        Reader::read_record(problem, static_cast<Problem<T>&>(job_), held_);
        Reader::read_record(recipe, static_cast<Plan&>(job_), held_);
        Reader::read_record(course, job_.course, held_);
        if (!fits(job_))
            throw nb::value_error("the arrays of a training do not fit its network, its members and its epochs");
        const Engine& engine = engine_for(isa);
        Lock lock;
        const Lock::Released released(lock);
        if constexpr (sizeof(T) == 4) trainer_ = engine.begin_float(job_);
        else trainer_ = engine.begin_double(job_);
    }
    Training(const Training&) = delete;

    // Trains epochs `first` … of the plan, after so many updates, to its end where nothing is asked afterwards.
    void advance(std::size_t first, std::size_t epochs, std::size_t step, const std::optional<OrdersArrays>& orders,
                 std::size_t threads, bool to_the_end, const std::optional<nb::callable>& checkpoint) {
        Stretch stretch;
        stretch.first = first, stretch.epochs = epochs, stretch.step = step, stretch.threads = threads;
        if (orders) {
            const auto& [rows, which] = *orders;
            if (rows.shape(0) != epochs || which.shape(0) != job_.members())
                throw nb::value_error("orders are (E, R, M) for as many epochs, and one of them a member (P,)");
            stretch.orders = {rows.data(), which.data(), rows.shape(1), rows.shape(2)};
        }
        Lock lock;
        stretch.poll = interruptions_of(stretch, lock, checkpoint ? &*checkpoint : nullptr);
        {
            const Lock::Released released(lock);
            if (to_the_end) trainer_->finish(stretch);
            else trainer_->advance(stretch);
        }
        if (stretch.failure) std::rethrow_exception(stretch.failure);
    }

    // What members remember, by name: vectors (P, k · D), and numbers (P, k).
    nb::tuple memory() {
        Memory<T> memory;
        trainer_->exchange(Direction::to_memory, memory, 0);
        return nb::make_tuple(named(std::move(memory.vectors)), named(std::move(memory.numbers)));
    }

    // Lets members go on from what they remember, and where theta and the history say that they are.
    void restore(const nb::dict& vectors, const nb::dict& numbers, std::size_t epoch) {
        Memory<T> memory{read<T>(vectors), read<double>(numbers)};
        trainer_->exchange(Direction::from_memory, memory, epoch);
    }

  private:
    template <class N> nb::dict named(std::map<std::string, std::vector<N>> all) const {
        nb::dict arrays;
        for (auto& [name, numbers] : all) {
            auto* owned = new std::vector<N>(std::move(numbers));
            const nb::capsule owner(owned, [](void* p) noexcept { delete static_cast<std::vector<N>*>(p); });
            const std::size_t P = job_.members();
            arrays[name.c_str()] = nb::ndarray<nb::numpy, N, nb::ndim<2>>(owned->data(), {P, owned->size() / P}, owner);
        }
        return arrays;
    }

    template <class N> static std::map<std::string, std::vector<N>> read(const nb::dict& arrays) {
        std::map<std::string, std::vector<N>> all;
        for (const auto& [name, value] : arrays) {
            const auto numbers = nb::cast<Array<const N, 2>>(value);
            all[nb::cast<std::string>(name)].assign(numbers.data(), numbers.data() + numbers.size());
        }
        return all;
    }

    // What the job points to.
    const Array<T, 2> theta_;
    const Array<const std::uint64_t, 2> keys_;
    Held held_;

    Job<T> job_{};
    std::unique_ptr<Trainer<T>> trainer_;
};

// X may be rows that lie together, or columns.
template <class T> using Table = nb::ndarray<const T, nb::ndim<2>, nb::device::cpu>;

template <class T>
bool outputs(const std::string& isa, const Architecture& architecture, Array<const T, 2> theta, Table<T> X,
             const std::optional<Array<const std::int64_t, 1>>& lengths, std::size_t threads, Array<T, 3> z) {
    const Engine& engine = engine_for(isa);
    Control control;
    Lock lock;
    control.poll = interruptions_of(control, lock, nullptr);
    Evaluation<T> job{};
    const Network& network = architecture.network;
    job.network = &network;
    job.members = theta.shape(0), job.n = X.shape(0), job.theta = theta.data(), job.z = z.data();
    job.lengths = lengths ? lengths->data() : nullptr;
    job.threads = threads, job.control = &control;
    if (theta.shape(1) != network.n_parameters || X.shape(1) != network.inputs || z.shape(0) != job.members ||
        z.shape(1) != network.outputs || z.shape(2) != job.n || (lengths && lengths->shape(0) != job.n))
        throw nb::value_error("outputs takes theta (P, D), X (N, n), lengths (N,) or None, and z (P, K, N)");
    // Of one row, or of one column, NumPy's steps may be any.
    const std::int64_t step = network.inputs > 1 ? X.stride(1) : 1, width = step == 1 ? network.inputs : 1;
    const std::int64_t row_step = job.n > 1 ? X.stride(0) : width;
    if (row_step < 0 || step < 0 || (step != 1 && (row_step != 1 || lengths)))
        throw nb::value_error("outputs takes X whose rows lie together, or without lengths its columns");
    job.X = {X.data(), static_cast<std::size_t>(row_step), static_cast<std::size_t>(step)};
    bool finite;
    {
        const Lock::Released released(lock);
        if constexpr (sizeof(T) == 4) finite = engine.outputs_float(job);
        else finite = engine.outputs_double(job);
    }
    if (control.failure) std::rethrow_exception(control.failure);
    return finite;
}

void draw(Array<const std::uint64_t, 2> keys, Array<const std::int64_t, 2> parts, std::uintptr_t fill_normal,
          Array<double, 2> theta) {
    const std::size_t P = theta.shape(0), count = parts.shape(0);
    const std::int64_t D = static_cast<std::int64_t>(theta.shape(1));
    static_assert(sizeof(shoal::DrawnPart) == 3 * sizeof(std::int64_t));
    bool sound = keys.shape(0) == P && keys.shape(1) == 2 && parts.shape(1) == 3;
    const auto* const each = reinterpret_cast<const shoal::DrawnPart*>(parts.data());
    for (std::size_t i = 0; sound && i < count; ++i)
        sound = 0 <= each[i].start && each[i].start <= each[i].stop && each[i].stop <= D &&
                (!each[i].normal || fill_normal);
    if (!sound)
        throw nb::value_error(
            "draw takes keys (P, 2), parts (k, 3) of theta (P, D), and NumPy's function if one is normal");
    Lock lock;
    const Lock::Released released(lock);
    shoal::draw(keys.data(), P, each, count, reinterpret_cast<shoal::FillNormal>(fill_normal), theta.data(),
                theta.shape(1));
}

template <class T> void apply(const std::string& isa, const std::string& f, Array<const T, 1> from, Array<T, 1> to) {
    const Engine& engine = engine_for(isa);
    bool known;
    if constexpr (sizeof(T) == 4) known = engine.apply_float(f.c_str(), from.data(), to.data(), from.size());
    else known = engine.apply_double(f.c_str(), from.data(), to.data(), from.size());
    if (!known) throw nb::value_error(("there is no elementary function '" + f + "'").c_str());
}

template <class T>
void deform(const std::string& isa, const nb::dict& augmentation, Array<const T, 2> X, std::uint64_t epoch,
            std::size_t threads, Array<T, 2> seen) {
    const Engine& engine = engine_for(isa);
    Held held;
    Deformation deformation;
    Reader::read_record(augmentation, deformation, held);
    if (X.shape(1) != deformation.channels * deformation.pixels() || seen.shape(0) != X.shape(0) ||
        seen.shape(1) != X.shape(1))
        throw nb::value_error("deform takes X and seen (N, C·H·W) of the shape that the augmentation names");
    Lock lock;
    const Lock::Released released(lock);
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
    else engine.product_double(units, inputs, samples / lanes, W.data(), a.data(), z.data(), repeats);
}

template <class T> void define(nb::module_& module) {
    using namespace nb::literals;
    nb::class_<Training<T>>(module, sizeof(T) == 4 ? "TrainingFloat" : "TrainingDouble")
        .def(nb::init<const std::string&, const Architecture&, const Array<T, 2>&, const Array<const std::uint64_t, 2>&,
                      const nb::dict&, const nb::dict&, const nb::dict&>(),
             "isa"_a, "architecture"_a, "theta"_a.noconvert(), "keys"_a.noconvert(), "problem"_a, "recipe"_a,
             "course"_a, nb::keep_alive<1, 3>())
        .def("advance", &Training<T>::advance, "first"_a, "epochs"_a, "step"_a, "orders"_a.none(), "threads"_a,
             "to_the_end"_a, "checkpoint"_a.none(), "Train members some epochs, as shoal/engines/loop.py does.")
        .def("memory", &Training<T>::memory, "Return what members remember: vectors and numbers, by name.")
        .def("restore", &Training<T>::restore, "vectors"_a, "numbers"_a, "epoch"_a, "Go on from what was remembered.");
    module.def("outputs", &outputs<T>, "isa"_a, "architecture"_a, "theta"_a.noconvert(), "X"_a.noconvert(),
               "lengths"_a.none(), "threads"_a, "z"_a.noconvert(),
               "Write what members give for rows, without dropout, and return whether these are finite.");
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
    MainThread::find();
    nb::set_leak_warnings(false);  // what daemon threads train outlives the interpreter
    module.def("instruction_set", &instruction_set,
               "Return the highest instruction set level that this processor runs: 'x86-64-v1' to 'x86-64-v4', "
               "'aarch64' or 'generic'.");
    module.def("instruction_sets", &instruction_sets,
               "Return the instruction sets that this machine has an engine for, the best one first.");
    module.def("cores", &cores, "Return the number of cores that this process may run on.");
    module.attr("WIRE") = kWireVersion;
    module.def("wire_fields", &wire_fields, "Return the fields of all that travels by name.");
    nb::class_<Architecture>(module, "Architecture").def(nb::init<const nb::dict&>(), nb::arg("network"));
    module.def("draw", &::draw, nb::arg("keys").noconvert(), nb::arg("parts").noconvert(), nb::arg("fill_normal"),
               nb::arg("theta").noconvert(), "Write the first draws of members' streams into their parameters.");
    define<float>(module);
    define<double>(module);
}
