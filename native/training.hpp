// The training loop of one group of members: the twin of shoal/training.py, line by line.
#pragma once

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "objective.hpp"
#include "solvers.hpp"

namespace shoal::SHOAL_ISA {

// Σ s, in double whatever T: thousands of weights lose nothing.
template <class T> double total(const T* s, std::size_t n) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += s[i];
    return sum;
}

// What all groups of a job share: the architecture, and the batches that are the same for all of them.
template <class T, bool LaneIsMember> struct Common {
    using Group = Batch<T, LaneIsMember>;
    static constexpr std::size_t L = kLanes<T>;

    const Job<T>& job;
    Network network;
    std::size_t block;
    std::vector<T> weight_mask;  // as θ lies in a group
    Group full, validation;
    std::unique_ptr<Packed<T>> full_packed, validation_packed;

    Common(const Job<T>& given, Network described)
        : job(given), network(std::move(described)), block(block_columns<T, LaneIsMember>(network)) {
        const std::size_t D = network.n_parameters;
        weight_mask.assign(vectors() * L, T(0));
        for (std::size_t d = 0; d < D; ++d)
            for (std::size_t lane = 0; lane < (LaneIsMember ? L : 1); ++lane)
                weight_mask[LaneIsMember ? d * L + lane : d] = T(job.network.weight_mask[d]);
        full.samples = job.train.n, validation.samples = job.validation.n;
        full.block = validation.block = block;
        if (job.batch_size == 0 && !job.train.weights_per_member) full_packed = whole(job.train, full);
        if (job.validation.n && !job.validation.weights_per_member)
            validation_packed = whole(job.validation, validation);
    }

    std::size_t vectors() const {
        const std::size_t D = network.n_parameters;
        return LaneIsMember ? D : (D + L - 1) / L;
    }
    std::size_t rows() const { return network.inputs + network.outputs + 1; }

    // All samples with the weights of a member of each lane, or the weights shared by all.
    std::unique_ptr<Packed<T>> whole(const Samples<T>& samples, const Group& batch,
                                     const std::size_t* members = nullptr) const {
        auto packed = std::make_unique<Packed<T>>(rows(), batch.columns(), batch.block);
        const T* weights[L];
        T scale[L];
        for (std::size_t lane = 0; lane < L; ++lane) {
            weights[lane] = samples.weights(members ? members[lane] : 0);
            scale[lane] = static_cast<T>(1 / total(weights[lane], samples.n));
        }
        pack<T, LaneIsMember>(network, samples, nullptr, true, weights, scale, batch, *packed);
        return packed;
    }
};

template <class T, bool LaneIsMember> class GroupTraining {
  public:
    using V = Vec<T>;
    static constexpr std::size_t L = kLanes<T>;
    static constexpr std::size_t kMembers = LaneIsMember ? L : 1;  // of a group

    GroupTraining(const Common<T, LaneIsMember>& common, std::size_t first, std::size_t threads)
        : common_(common), job_(common.job), first_(first), count_(std::min(kMembers, job_.members - first)),
          space_{common.vectors(), LaneIsMember},
          objective_(common.network, space_, strengths(), common.weight_mask.data(), common.block, threads) {
        const std::size_t size = space_.n * L;
        theta_.assign(size, T(0)), proposed_.assign(size, T(0));
        gather_theta();
        if (job_.patience) best_ = theta_;
        solver_ = make_solver<T>(static_cast<SolverKind>(job_.solver), job_.solver_parameters, space_, theta_.data());
        if (!solver_) throw std::invalid_argument("the native engine has no such solver for this dtype");
        prepare_batches();
    }

    // Trains one epoch and returns how many members go on.
    std::size_t train(std::size_t epoch) {
        if (active() == 0) return 0;
        if (train_epoch(epoch) && job_.validation.n) validate(epoch);
        return active();
    }

    std::size_t active() const {
        std::size_t members = 0;
        for (std::size_t lane = 0; lane < count_; ++lane) members += alive_[lane] != 0;
        return members;
    }

    // Hands the parameters back.
    void finish() {
        if (job_.course->stop.load(std::memory_order_relaxed))
            for (std::size_t lane = 0; lane < count_; ++lane)
                if (alive_[lane]) stopped(lane) = static_cast<std::int64_t>(Reason::interrupted);
        scatter_theta();
    }

  private:
    std::size_t member(std::size_t lane) const { return first_ + std::min(lane, count_ - 1); }
    std::int64_t& stopped(std::size_t lane) { return job_.course->stopped[first_ + lane]; }

    V per_member(const double* values) const {
        V v{};
        for (std::size_t lane = 0; lane < L; ++lane) v[lane] = static_cast<T>(values[member(lane)]);
        return v;
    }

    Strengths<T> strengths() const {
        V m{};
        for (std::size_t lane = 0; lane < L; ++lane) {
            m[lane] = static_cast<T>(total(job_.train.weights(member(lane)), job_.train.n));
        }
        const V l2 = per_member(job_.l2), l1 = per_member(job_.l1), zero{};
        return {l2 / m, l1 / m, any(l2 != zero), any(l1 != zero), static_cast<T>(job_.clip_norm)};
    }

    void gather_theta() {
        const std::size_t D = job_.network.n_parameters;
        for (std::size_t lane = 0; lane < kMembers; ++lane)
            for (std::size_t d = 0; d < D; ++d)
                theta_[LaneIsMember ? d * L + lane : d] = job_.theta[member(lane) * D + d];
        for (std::size_t lane = 0; lane < L; ++lane) {
            alive_[lane] = LaneIsMember && lane >= count_ ? 0 : -1;  // lanes beyond the last member never move
            keys_[2 * lane] = job_.keys[2 * member(lane)];
            keys_[2 * lane + 1] = job_.keys[2 * member(lane) + 1];
            best_loss_[lane] = std::numeric_limits<double>::infinity();
        }
        for (const Layer& layer : common_.network.layers)
            noisy_ |= layer.kind == LayerKind::dropout && layer.parameter > 0;
    }

    void scatter_theta() {
        const std::size_t D = job_.network.n_parameters;
        for (std::size_t lane = 0; lane < count_; ++lane) {
            const std::vector<T>& from = job_.patience && std::isfinite(best_loss_[lane]) ? best_ : theta_;
            for (std::size_t d = 0; d < D; ++d) job_.theta[member(lane) * D + d] = from[LaneIsMember ? d * L + lane : d];
        }
    }

    void prepare_batches() {
        std::size_t members[L];
        for (std::size_t lane = 0; lane < L; ++lane) members[lane] = member(lane);
        if (job_.validation.n && !common_.validation_packed)
            own_validation_ = common_.whole(job_.validation, common_.validation, members);
        if (job_.batch_size == 0) {
            if (!common_.full_packed) own_full_ = common_.whole(job_.train, common_.full, members);
            return;
        }
        batch_.block = common_.block, batch_.samples = std::min(job_.batch_size, job_.train.n);
        packed_ = std::make_unique<Packed<T>>(common_.rows(), batch_.columns(), batch_.block);
        const std::size_t orders = LaneIsMember && !job_.shared_order ? L : 1;
        for (std::size_t i = 0; i < orders; ++i) permuters_.emplace_back(job_.train.n);
    }

    // One update for each batch; false if training was stopped before the last.
    bool train_epoch(std::size_t epoch) {
        const std::size_t n = job_.train.n, size = job_.batch_size ? job_.batch_size : n;
        const std::size_t batches = (n + size - 1) / size;
        if (job_.batch_size) shuffle(epoch);
        double total[L] = {}, updates[L] = {};
        MaskOf<T> go = alive_;
        for (std::size_t index = 0; index < batches; ++index) {
            if (job_.course->poll) job_.course->poll();
            if (job_.course->stop.load(std::memory_order_relaxed)) return false;
            const std::size_t step = epoch * batches + index;
            see(index * size, std::min(size, n - index * size), step);
            const MaskOf<T> before = go;
            const V J = update(step, go);
            for (std::size_t lane = 0; lane < kMembers; ++lane)
                if (before[lane]) total[lane] += J[lane], updates[lane] += 1;
        }
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!alive_[lane]) continue;
            job_.course->loss[(first_ + lane) * job_.epochs + epoch] = total[lane] / updates[lane];
            job_.course->epochs[first_ + lane] = static_cast<std::int64_t>(epoch + 1);
        }
        validated_ = alive_, alive_ = go;
        return true;
    }

    // One step of the solver for the members in `go`, from which those that diverged or converged are taken.
    // Decoupled decay is the lecture's w ← w − α ∇J − λ w (for adamw, λ is multiplied by the rate α).
    V update(std::size_t step, MaskOf<T>& go) {
        const V factor = splat(job_.factors ? static_cast<T>(job_.factors[step]) : T(1));
        const V rate = per_member(job_.learning_rate) * factor;
        const Step<T> taken = solver_->step(theta_.data(), proposed_.data(), objective_, rate);
        decay(rate);
        V broken{};  // stays 0 for finite parameters, for x · 0 is NaN otherwise
        for (std::size_t d = 0; d < space_.n * L; d += L) broken += load(proposed_.data() + d) * V{};
        const MaskOf<T> sound = finite(taken.J) & finite(taken.gradient_size) & finite(space_.fold(broken));
        const MaskOf<T> moves = sound & go;
        if (all(moves)) {
            theta_.swap(proposed_);
        } else if (any(moves)) {
            for (std::size_t d = 0; d < space_.n * L; d += L)
                store(theta_.data() + d, select<V>(moves, load(proposed_.data() + d), load(theta_.data() + d)));
        }
        MaskOf<T> done = ~sound;
        if (job_.full_batch_solver)
            done |= taken.converged | (taken.gradient_size <= splat(static_cast<T>(job_.tolerance)));
        if (any(done & go)) {
            for (std::size_t lane = 0; lane < count_; ++lane)
                if (go[lane] && done[lane])
                    stopped(lane) = static_cast<std::int64_t>(sound[lane] ? Reason::converged : Reason::diverged);
            go &= ~done;
        }
        return taken.J;
    }

    void decay(V rate) {
        const V lambda = per_member(job_.weight_decay);
        if (!any(lambda != V{})) return;
        const V share = job_.decay_times_rate ? lambda * rate : lambda;
        for (std::size_t d = 0; d < space_.n * L; d += L) {
            const V w = load(theta_.data() + d) * load(common_.weight_mask.data() + d);
            store(proposed_.data() + d, load(proposed_.data() + d) - share * w);
        }
    }

    void shuffle(std::size_t epoch) {
        for (std::size_t i = 0; i < permuters_.size(); ++i) {
            const bool shared = job_.shared_order;
            constexpr std::uint64_t kShared = ~std::uint64_t(0);
            const Stream stream(shared ? job_.order_seed : keys_[2 * i], shared ? kShared : keys_[2 * i + 1],
                                Purpose::order, epoch);
            orders_[i] = permuters_[i](stream);
        }
    }

    // Lets the objective see samples `start` … of this epoch's order, or the full batch.
    void see(std::size_t start, std::size_t samples, std::size_t step) {
        const std::uint64_t* keys = noisy_ ? keys_ : nullptr;
        if (job_.batch_size == 0) {
            objective_.see(own_full_ ? *own_full_ : *common_.full_packed, common_.full, keys, step);
            return;
        }
        batch_.samples = samples;
        const bool same_rows = permuters_.size() == 1;
        const std::uint32_t* rows[L];
        const T* weights[L];
        T scale[L];
        for (std::size_t lane = 0; lane < L; ++lane) {
            rows[lane] = orders_[same_rows ? 0 : lane] + start;
            weights[lane] = job_.train.weights(member(lane));
            double total = 0;
            for (std::size_t i = 0; i < samples; ++i) total += weights[lane][rows[lane][i]];
            scale[lane] = total > 0 ? static_cast<T>(1 / total) : T(0);
            if (!LaneIsMember) break;
        }
        pack<T, LaneIsMember>(common_.network, job_.train, rows, same_rows, weights, scale, batch_, *packed_);
        objective_.see(*packed_, batch_, keys, step);
    }

    // Record the validation loss, remember each member's best parameters, and end those that wait too long.
    void validate(std::size_t epoch) {
        double loss[L] = {};
        const Packed<T>& packed = own_validation_ ? *own_validation_ : *common_.validation_packed;
        const Network& network = common_.network;
        losses_.resize(common_.block * L);
        for (std::size_t b = 0; b < common_.validation.blocks(); ++b) {
            const std::size_t width = common_.validation.width(b);
            T* z = objective_.outputs(theta_.data(), packed, common_.validation, b);
            const T* y = packed.block(b) + network.inputs * width * L;
            const T* share = y + network.outputs * width * L;
            sample_losses<T>(network.loss, static_cast<T>(network.loss_parameter), static_cast<int>(network.outputs),
                             width, z, y, losses_.data());
            V part{};
            for (std::size_t c = 0; c < width * L; c += L) {
                const V weight = load(share + c);
                part += select<V>(weight != V{}, load(losses_.data() + c) * weight, V{});
            }
            part = space_.fold(part);
            for (std::size_t lane = 0; lane < kMembers; ++lane) loss[lane] += part[lane];
        }
        MaskOf<T> better{};
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!validated_[lane]) continue;
            job_.course->validation_loss[(first_ + lane) * job_.epochs + epoch] = loss[lane];
            if (loss[lane] < best_loss_[lane]) {
                best_loss_[lane] = loss[lane], better[lane] = -1;
                job_.course->best_epoch[first_ + lane] = static_cast<std::int64_t>(epoch + 1);
            }
            const auto waited = static_cast<std::int64_t>(epoch + 1) - job_.course->best_epoch[first_ + lane];
            if (job_.patience && alive_[lane] && waited >= static_cast<std::int64_t>(job_.patience)) {
                stopped(lane) = static_cast<std::int64_t>(Reason::early_stopping);
                if (LaneIsMember) alive_[lane] = 0;
                else alive_ = MaskOf<T>{};
            }
        }
        if (!job_.patience || !any(better)) return;
        if (!LaneIsMember) better = ~MaskOf<T>{};
        for (std::size_t d = 0; d < space_.n * L; d += L)
            store(best_.data() + d, select<V>(better, load(theta_.data() + d), load(best_.data() + d)));
    }

    const Common<T, LaneIsMember>& common_;
    const Job<T>& job_;
    std::size_t first_, count_;
    Space<T> space_;
    BatchObjective<T, LaneIsMember> objective_;
    std::unique_ptr<Solver<T>> solver_;
    std::vector<T> theta_, proposed_, best_, losses_;
    std::uint64_t keys_[2 * L];
    double best_loss_[L];
    MaskOf<T> alive_{}, validated_{};
    bool noisy_ = false;
    Batch<T, LaneIsMember> batch_;
    std::unique_ptr<Packed<T>> packed_, own_full_, own_validation_;
    std::vector<Permuter> permuters_;
    const std::uint32_t* orders_[L] = {};
};

// Below this many multiplications a batch, waking threads costs more than they save.
constexpr std::size_t kWorthSharing = 1 << 20;

// Trains every group of the job. Groups need nothing of each other, so as many run at a time as there are
// threads; when there are fewer groups, the threads share the blocks of each group's batch.
template <class T, bool LaneIsMember> void train_groups(const Job<T>& job, Network network) {
    using Group = GroupTraining<T, LaneIsMember>;
    const Common<T, LaneIsMember> common(job, std::move(network));
    constexpr std::size_t size = Group::kMembers;
    const std::size_t groups = (job.members + size - 1) / size;
    const std::size_t samples = job.batch_size ? std::min(job.batch_size, job.train.n) : job.train.n;
    const std::size_t work = samples * common.network.n_parameters * size;
    const bool inside = groups < job.threads && work >= kWorthSharing;
    const auto each_group = [&](auto&& work) {
        share_out(inside ? 1 : job.threads, groups, [&](std::size_t group) {
            try {
                work(group);
            } catch (...) {  // memory, most likely; a thread must not end with it
                job.course->fail(std::current_exception());
            }
        }, job.course->poll);
    };
    const auto start = [&](std::size_t group) {
        return std::make_unique<Group>(common, group * size, inside ? job.threads : 1);
    };
    if (!job.course->report) {
        each_group([&](std::size_t group) {
            const auto training = start(group);
            for (std::size_t epoch = 0; epoch < job.epochs && training->train(epoch) && !job.course->stop;) ++epoch;
            training->finish();
        });
        return;
    }
    std::vector<std::unique_ptr<Group>> all(groups);
    each_group([&](std::size_t group) { all[group] = start(group); });
    for (std::size_t epoch = 0; epoch < job.epochs && !job.course->stop; ++epoch) {
        std::atomic<std::size_t> active{0};
        each_group([&](std::size_t group) { active += all[group]->train(epoch); });
        if (job.course->report(epoch + 1, active)) job.course->stop = true;
        if (active == 0) break;
    }
    if (!job.course->failure) each_group([&](std::size_t group) { all[group]->finish(); });
}

}  // namespace shoal::SHOAL_ISA
