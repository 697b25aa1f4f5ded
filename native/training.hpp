// The training loop of one group of members: the twin of shoal/training.py, line by line.
#pragma once

#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "memory.hpp"
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
    static constexpr std::size_t L = kLanes<T>;
    using Whole = WholeBatch<T, LaneIsMember>;

    const Job<T>& job;
    Network network;
    std::size_t block;
    std::vector<T> weight_mask;  // as θ lies in a group
    std::unique_ptr<Table<T>> table;  // for minibatches
    std::unique_ptr<Whole> train, validation;
    Permuter permuter;  // of a shared order
    const std::uint32_t* shared_order = nullptr;

    Common(const Job<T>& given, Network described)
        : job(given), network(std::move(described)), block(block_columns<T, LaneIsMember>(network)),
          permuter(has_shared_order() ? job.train.n : 0) {
        const std::size_t D = network.n_parameters;
        weight_mask.assign(vectors() * L, T(0));
        for (std::size_t d = 0; d < D; ++d)
            for (std::size_t lane = 0; lane < (LaneIsMember ? L : 1); ++lane)
                weight_mask[LaneIsMember ? d * L + lane : d] = T(job.network.weight_mask[d]);
        if (job.batch_size) table = std::make_unique<Table<T>>(job.train, network.inputs, network.outputs);
        else train = std::make_unique<Whole>(job.train, network, block);
        if (job.validation.n) validation = std::make_unique<Whole>(job.validation, network, block);
    }

    std::size_t vectors() const {
        const std::size_t D = network.n_parameters;
        return LaneIsMember ? D : (D + L - 1) / L;
    }
    // Samples that an update sees.
    std::size_t samples() const { return job.batch_size ? std::min(job.batch_size, job.samples()) : job.train.n; }
    bool has_shared_order() const { return job.shared_order && job.batch_size && !job.reins; }

    // The order of minibatches that is the same for everybody.
    void begin(std::size_t epoch) {
        constexpr std::uint64_t kShared = ~std::uint64_t(0);
        if (has_shared_order()) shared_order = permuter({job.order_seed, kShared, Purpose::order, epoch});
    }
};

template <class T, bool LaneIsMember> class GroupTraining {
  public:
    using V = Vec<T>;
    static constexpr std::size_t L = kLanes<T>;
    static constexpr std::size_t kMembers = LaneIsMember ? L : 1;  // of a group

    GroupTraining(const Common<T, LaneIsMember>& common, std::size_t first)
        : common_(common), job_(common.job), first_(first), count_(std::min(kMembers, job_.members - first)),
          space_{common.vectors(), LaneIsMember},
          objective_(common.network, space_, strengths(), common.weight_mask.data()) {
        const std::size_t size = space_.n * L;
        theta_.assign(size, T(0)), proposed_.assign(size, T(0));
        gather_theta();
        if (job_.patience) best_ = theta_;
        solver_ = make_solver<T>(static_cast<SolverKind>(job_.solver), job_.solver_parameters, space_, theta_.data());
        if (!solver_) throw std::invalid_argument("the native engine has no such solver for this dtype");
        prepare_batches();
        if (job_.reins) copy_memory<LaneIsMember>(Direction::from_caller, *solver_, job_, first_, count_);
    }

    // Trains one epoch in the workspaces of as many threads and returns how many members go on.
    std::size_t train(std::size_t epoch, Workspace<T, LaneIsMember>* workspaces, std::size_t threads) {
        heed();
        if (active() == 0) return 0;
        memory_ = &workspaces[0].batch;
        objective_.work_in(workspaces, threads);
        if (train_epoch(epoch) && job_.validation.n) validate(epoch);
        if (job_.reins) scatter_theta();
        return active();
    }

    std::size_t active() const {
        std::size_t members = 0;
        for (std::size_t lane = 0; lane < count_; ++lane) members += alive_[lane] != 0;
        return members;
    }

    // Hands the parameters back.
    void finish() {
        heed();
        if (job_.reins) copy_memory<LaneIsMember>(Direction::to_caller, *solver_, job_, first_, count_);
        if (job_.course->stop.load(std::memory_order_relaxed))
            for (std::size_t lane = 0; lane < count_; ++lane)
                if (alive_[lane]) stopped(lane) = static_cast<std::int64_t>(Reason::interrupted);
        scatter_theta();
    }

  private:
    std::size_t member(std::size_t lane) const { return first_ + std::min(lane, count_ - 1); }
    std::int64_t& stopped(std::size_t lane) { return job_.course->stopped[first_ + lane]; }

    // Lets go of members that the caller has ended since the last epoch.
    void heed() {
        if (!job_.reins) return;
        for (std::size_t lane = 0; lane < count_; ++lane)
            if (alive_[lane] && stopped(lane) != static_cast<std::int64_t>(Reason::epochs)) {
                if (LaneIsMember) alive_[lane] = 0;
                else alive_ = MaskOf<T>{};
            }
    }

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
        const auto number = [this](std::size_t lane) { return member(lane); };
        if (common_.validation) validation_ = common_.validation->of(number, own_validation_);
        if (common_.train) {
            train_ = common_.train->of(number, own_train_);
            return;
        }
        train_.batch.block = common_.block;
        train_.numbers = common_.table->numbers();
        same_rows_ = !LaneIsMember || (job_.reins ? job_.reins->n_orders == 1 : job_.shared_order);
        if (job_.reins || job_.shared_order) return;
        for (std::size_t i = 0; i < kMembers; ++i) permuters_.emplace_back(job_.train.n);
    }

    // One update for each batch; false if training was stopped before the last.
    bool train_epoch(std::size_t epoch) {
        const std::size_t n = job_.samples(), size = job_.batch_size ? job_.batch_size : n;
        const std::size_t batches = (n + size - 1) / size;
        if (job_.batch_size) shuffle(epoch);
        double total[L] = {}, penalty[L] = {}, updates[L] = {};
        MaskOf<T> go = alive_;
        for (std::size_t index = 0; index < batches; ++index) {
            if (job_.course->poll) job_.course->poll();
            if (job_.course->stop.load(std::memory_order_relaxed)) return false;
            const std::size_t step = epoch * batches + index, samples = std::min(size, n - index * size);
            see(index * size, samples, job_.reins ? job_.reins->first_step + step : step);
            const MaskOf<T> before = go;
            const V J = update(step, go);
            const double count = job_.by_batch ? static_cast<double>(samples) : 1;
            for (std::size_t lane = 0; lane < kMembers; ++lane)
                if (before[lane]) {
                    total[lane] += count * J[lane], updates[lane] += count;
                    penalty[lane] += count * objective_.penalty()[lane];
                }
        }
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!alive_[lane]) continue;
            job_.course->loss[(first_ + lane) * job_.epochs + epoch] = total[lane] / updates[lane];
            if (job_.reins) job_.reins->penalty[first_ + lane] = penalty[lane] / updates[lane];
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
        const MaskOf<T> sound = SHOAL_ISA::finite(taken.J) & SHOAL_ISA::finite(taken.gradient_size) & finite(proposed_);
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

    // Which members' numbers are all finite.
    MaskOf<T> finite(const std::vector<T>& numbers) const {
        const V broken = in_slices(objective_.threads(), space_.n, [&](std::size_t from, std::size_t to) {
            V sum{};  // stays 0, for x · 0 is NaN if x is not finite
            for (std::size_t d = from * L; d < to * L; d += L) sum += load(numbers.data() + d) * V{};
            return sum;
        }, [](V a, V b) { return a + b; });
        return SHOAL_ISA::finite(space_.fold(broken));
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
        for (std::size_t i = 0; i < kMembers; ++i) {
            if (job_.reins) orders_[i] = job_.reins->orders + job_.reins->which[member(i)] * job_.reins->n;
            else if (job_.shared_order) orders_[i] = common_.shared_order;
            else orders_[i] = permuters_[i]({keys_[2 * i], keys_[2 * i + 1], Purpose::order, epoch});
        }
    }

    // Lets the objective see samples `start` … of this epoch's order, or the full batch.
    void see(std::size_t start, std::size_t samples, std::size_t step) {
        if (!common_.train) {
            const std::uint32_t* rows[L];
            for (std::size_t i = 0; i < kMembers; ++i) rows[i] = orders_[i] + start;
            train_.batch.samples = samples;
            lay_out<T, LaneIsMember>(*common_.table, rows, same_rows_, train_.batch, memory_->values.data());
            T* share = memory_->share.data();
            V weight{};
            for (std::size_t i = 0; i < kMembers; ++i)
                weight[i] = lay_out_shares(job_.train.weights(member(i)), rows[i], samples, kMembers, share + i);
            if (job_.by_batch)
                objective_.penalise(per_member(job_.l2), per_member(job_.l1), LaneIsMember ? weight : splat(weight[0]));
            if (!LaneIsMember) std::fill(share + samples, share + train_.batch.columns() * L, T(0));
            train_.values = memory_->values.data(), train_.share = share;
        }
        objective_.see(train_, noisy_ ? keys_ : nullptr, step);
    }

    // Record the validation loss, remember each member's best parameters, and end those that wait too long.
    void validate(std::size_t epoch) {
        double loss[L];
        objective_.losses(theta_.data(), validation_, loss);
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
    std::vector<T> theta_, proposed_, best_;
    std::uint64_t keys_[2 * L];
    double best_loss_[L];
    MaskOf<T> alive_{}, validated_{};
    bool noisy_ = false, same_rows_ = true;
    Columns<T, LaneIsMember> train_, validation_;
    Aligned<T> own_train_, own_validation_;  // shares
    BatchMemory<T, LaneIsMember>* memory_ = nullptr;
    std::vector<Permuter> permuters_;
    const std::uint32_t* orders_[L] = {};
};

// Below this many multiplications a batch, waking threads costs more than they save.
constexpr std::size_t kWorthSharing = 1 << 20;

// Trains every group of the job. Groups need nothing of each other, so as many run at a time as there are
// threads; when there are fewer groups, the threads share the blocks of each group's batch. Where somebody
// watches, or all see one order of batches, which is then made once, groups go from epoch to epoch in step.
template <class T, bool LaneIsMember> void train_groups(const Job<T>& job, Network network) {
    using Group = GroupTraining<T, LaneIsMember>;
    Common<T, LaneIsMember> common(job, std::move(network));
    constexpr std::size_t size = Group::kMembers;
    const std::size_t groups = (job.members + size - 1) / size;
    const bool inside = groups < job.threads && common.samples() * common.network.n_parameters * size >= kWorthSharing;
    // A group's threads share the rows of its wide layers, or else the blocks of its batches.
    const std::size_t outer = inside ? 1 : std::min(job.threads, groups), inner = inside ? job.threads : 1;
    const std::size_t of_rows = is_wide<LaneIsMember>(common.network) ? inner : 1, of_blocks = inner / of_rows;
    std::vector<Workspace<T, LaneIsMember>> workspaces;
    workspaces.reserve(outer * of_blocks);
    for (std::size_t i = 0; i < outer * of_blocks; ++i)
        workspaces.emplace_back(common.network, common.block, common.table ? common.samples() : 0, of_rows);
    const auto each_group = [&](auto&& work) {
        share_out(outer, groups, [&](std::size_t thread, std::size_t group) {
            try {
                work(group, &workspaces[thread]);
            } catch (...) {  // memory, most likely; a thread must not end with it
                job.course->fail(std::current_exception());
            }
        }, job.course->poll);
    };
    if (!job.course->report && !common.has_shared_order()) {
        each_group([&](std::size_t group, Workspace<T, LaneIsMember>* own) {
            Group training(common, group * size);
            for (std::size_t epoch = 0; epoch < job.epochs && training.train(epoch, own, of_blocks) && !job.course->stop;)
                ++epoch;
            training.finish();
        });
        return;
    }
    std::vector<std::unique_ptr<Group>> all(groups);
    each_group([&](std::size_t group, auto) { all[group] = std::make_unique<Group>(common, group * size); });
    for (std::size_t epoch = 0; epoch < job.epochs && !job.course->stop; ++epoch) {
        std::atomic<std::size_t> active{0};
        common.begin(epoch);
        each_group([&](std::size_t group, Workspace<T, LaneIsMember>* own) {
            active += all[group]->train(epoch, own, of_blocks);
        });
        if (job.course->report && job.course->report(epoch + 1, active)) job.course->stop = true;
        if (active == 0) break;
    }
    if (!job.course->failure) each_group([&](std::size_t group, auto) { all[group]->finish(); });
}

}  // namespace shoal::SHOAL_ISA
