// The training of one group of members: the twin of shoal/engines/loop.py, line by line.
#pragma once

#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <vector>

#include "clipping.hpp"
#include "common.hpp"
#include "memory.hpp"
#include "solvers/make.hpp"
#include "waiting.hpp"

namespace shoal::SHOAL_ISA {

template <class T, bool LaneIsMember> class Group {
  public:
    using V = Vec<T>;
    static constexpr std::size_t L = kLanes<T>;
    static constexpr std::size_t kMembers = LaneIsMember ? L : 1;  // of a group

    Group(const Common<T, LaneIsMember>& common, std::size_t first)
        : common_(common), job_(common.job), count_(std::min(kMembers, job_.members() - first)),
          space_{common.vectors(), LaneIsMember}, objective_(common.network, space_, common.weight_mask.data()),
          clipped_(objective_, space_, static_cast<T>(job_.clip_norm)) {
        const std::size_t size = space_.n * L;
        theta_.assign(size, T(0)), proposed_.assign(size, T(0));
        if (job_.patience) best_.assign(size, T(0));
        seat_all(first);
        solver_ = make_solver<T>(job_.solver, job_.network->n_parameters, space_);
        know_members();
        prepare_batches();
    }

    // Gives the lanes of members that have ended to those still waiting; returns how many members go on.
    std::size_t refill(std::size_t epoch, Waiting& waiting) {
        MaskOf<T> fresh{};
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (alive_[lane] && epoch - began_[lane] < job_.epochs) continue;
            let_go(lane);
            const std::size_t next = waiting.take();
            if (next == job_.members()) continue;
            hand_back(lane, true);
            seat(lane, next, epoch);
            fresh[lane] = -1;
        }
        if (any(fresh)) {
            solver_->forget(fresh);
            know_members();
        }
        return active();
    }

    // Takes over strengths that the caller has changed since the last stretch, and lets go of members that he has ended.
    void heed() {
        know_strengths();
        for (std::size_t lane = 0; lane < count_; ++lane)
            if (alive_[lane] && has_stopped(lane)) let_go(lane);
    }

    // Trains one epoch in the workspaces of as many threads and returns how many members go on.
    std::size_t train(std::size_t epoch, Workspace<T, LaneIsMember>* workspaces, std::size_t threads) {
        if (active() == 0) return 0;
        memory_ = &workspaces[0].batch;
        objective_.work_in(workspaces, threads);
        if (!train_epoch(epoch)) return active();
        if (job_.validation) validate(epoch);
        if (job_.course.watch) watch(epoch);
        return active();
    }

    std::size_t active() const {
        std::size_t members = 0;
        for (std::size_t lane = 0; lane < count_; ++lane) members += alive_[lane] != 0;
        return members;
    }

    // Hands the parameters back; at the end of the plan the best ones of those that train to the last, too.
    void hand_all_back(bool is_end) {
        for (std::size_t lane = 0; lane < count_; ++lane) hand_back(lane, is_end || !alive_[lane]);
    }

    // Copies all that the group remembers, or lets it go on from there after so many epochs.
    void exchange(Direction direction, Memory<T>& memory, std::size_t epoch) {
        const std::size_t first = members_[0];
        if (direction == Direction::from_memory) {
            seat_all(first);
            for (std::size_t lane = 0; lane < count_; ++lane)
                if (has_stopped(lane) || epoch >= job_.epochs) let_go(lane);
        }
        Ledger<T> ledger(direction, memory, job_.members(), first, count_, job_.network->n_parameters, LaneIsMember);
        solver_->remember(ledger);
        ledger.number("best_loss", best_loss_);
        if (job_.patience) ledger.vector("best_theta", best_.data());
    }

  private:
    std::int64_t& stopped(std::size_t lane) { return job_.course.stopped[members_[lane]]; }
    bool has_stopped(std::size_t lane) { return stopped(lane) != static_cast<std::int64_t>(Reason::epochs); }

    // The place of a lane's member in a history of (P, epochs) after this epoch of the group.
    std::size_t place(std::size_t lane, std::size_t epoch) const {
        return members_[lane] * job_.epochs + epoch - began_[lane];
    }

    void let_go(std::size_t lane) {
        if (LaneIsMember) alive_[lane] = 0;
        else alive_ = MaskOf<T>{};
    }

    V per_member(const double* values) const {
        V v{};
        for (std::size_t lane = 0; lane < L; ++lane) v[lane] = static_cast<T>(values[members_[lane]]);
        return v;
    }

    Strengths<T> strengths() const {
        V m{};
        for (std::size_t lane = 0; lane < L; ++lane) m[lane] = common_.m(members_[lane]);
        const V l2 = per_member(job_.l2), l1 = per_member(job_.l1), zero{};
        return {l2 / m, l1 / m, m, any(l2 != zero), any(l1 != zero)};
    }

    // Lets a member begin in a lane. Where a lane is a sample, the one member has all of them.
    void seat(std::size_t lane, std::size_t member, std::size_t epoch) {
        members_[lane] = member, began_[lane] = epoch, alive_[lane] = -1;
        keys_[2 * lane] = job_.keys[2 * member], keys_[2 * lane + 1] = job_.keys[2 * member + 1];
        best_loss_[lane] = std::numeric_limits<double>::infinity();
        if (lane >= kMembers) return;
        const std::size_t D = job_.network->n_parameters;
        for (std::size_t d = 0; d < D; ++d) theta_[LaneIsMember ? d * L + lane : d] = job_.theta[member * D + d];
    }

    void seat_all(std::size_t first) {
        for (std::size_t lane = 0; lane < L; ++lane) seat(lane, first + std::min(lane, count_ - 1), 0);
        if (LaneIsMember)  // lanes beyond the last member never move
            for (std::size_t lane = count_; lane < L; ++lane) alive_[lane] = 0;
    }

    void hand_back(std::size_t lane, bool best) {
        const std::size_t D = job_.network->n_parameters;
        const std::vector<T>& from = best && job_.patience && std::isfinite(best_loss_[lane]) ? best_ : theta_;
        for (std::size_t d = 0; d < D; ++d) job_.theta[members_[lane] * D + d] = from[LaneIsMember ? d * L + lane : d];
    }

    // Takes over what the job says of each member by itself.
    void know_members() {
        know_strengths();
        const auto number = [this](std::size_t lane) { return members_[lane]; };
        if (common_.validation) validation_ = common_.validation->of(number, own_validation_);
        if (common_.train) train_ = common_.train->of(number, own_train_);
        else shares_.know([this](std::size_t lane) { return common_.weights(members_[lane]); }, job_.train.n());
    }

    void know_strengths() {
        rate_ = per_member(job_.learning_rate), lambda_ = per_member(job_.weight_decay);
        objective_.strengthen(strengths());
    }

    void prepare_batches() {
        if (common_.train) return;
        train_.batch.block = common_.block;
        train_.numbers = common_.table->numbers(), train_.has_lengths = common_.table->has_lengths();
        if (!train_.has_lengths) return;
        by_length_.assign(kMembers, ByLength(common_.samples()));
        sorted_.assign(kMembers, std::vector<std::uint32_t>(common_.samples()));
    }

    // One update for each batch; false if training was stopped before the last.
    bool train_epoch(std::size_t epoch) {
        const Stretch& stretch = *common_.stretch;
        const std::size_t n = common_.samples_of_an_epoch(), batches = common_.batches();
        const std::size_t size = job_.batch_size ? job_.batch_size : n;
        if (job_.batch_size) shuffle(epoch);
        double total[L] = {}, penalty[L] = {}, updates[L] = {};
        MaskOf<T> go = alive_;
        for (std::size_t index = 0; index < batches; ++index) {
            if (stretch.poll) stretch.poll();
            if (stretch.stop.load(std::memory_order_relaxed)) return false;
            const std::size_t step = stretch.step + (epoch - stretch.first) * batches + index;
            const std::size_t samples = std::min(size, n - index * size);
            see(index * size, samples, step);
            const MaskOf<T> before = go;
            const V J = update(rate_at(step, batches), go);
            const double count = job_.by_batch ? static_cast<double>(samples) : 1;
            const V penalties = objective_.penalty();  // once, for a vector is copied to read a lane of it
            for (std::size_t lane = 0; lane < kMembers; ++lane)
                if (before[lane]) {
                    total[lane] += count * J[lane], updates[lane] += count;
                    penalty[lane] += count * penalties[lane];
                }
        }
        // Small networks' epochs are over so soon that a division for each counts.
        const auto mean = [](double sum, double n) { return n == 1 ? sum : sum / n; };
        const Told<T>* const told = solver_->told();
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!alive_[lane]) continue;
            job_.course.loss[place(lane, epoch)] = mean(total[lane], updates[lane]);
            job_.course.penalty[members_[lane]] = mean(penalty[lane], updates[lane]);
            if (told) tell(*told, lane, place(lane, epoch));
            job_.course.epochs[members_[lane]] = static_cast<std::int64_t>(epoch - began_[lane] + 1);
        }
        validated_ = alive_, alive_ = go;
        return true;
    }

    // Writes what the solver tells of a member's step.
    void tell(const Told<T>& told, std::size_t lane, std::size_t place) const {
        job_.course.gamma[place] = told.gamma[lane];
        job_.course.alpha[place] = told.alpha[lane], job_.course.beta[place] = told.beta[lane];
    }

    // The learning rates of an update, the schedule of each member being as old as it is itself.
    V rate_at(std::size_t step, std::size_t batches) const {
        if (!job_.factors) return rate_;
        V factor{};
        for (std::size_t lane = 0; lane < L; ++lane)
            // Members that have ended grow older than the schedule.
            factor[lane] =
                static_cast<T>(job_.factors[std::min(step - began_[lane] * batches, job_.factors.shape[0] - 1)]);
        return rate_ * factor;
    }

    // One step of the solver for the members in `go`, from which those that diverged or converged are taken.
    // Decoupled decay is the lecture's w ← w − α ∇J − λ w (for adamw, λ is multiplied by the rate α).
    V update(V rate, MaskOf<T>& go) {
        const Step<T> taken = solver_->step(theta_.data(), proposed_.data(), clipped_, rate, go);
        decay(rate);
        objective_.remember(proposed_.data());
        const MaskOf<T> sound = SHOAL_ISA::finite(taken.J) & SHOAL_ISA::finite(taken.gradient_size) & finite(proposed_);
        const MaskOf<T> moves = sound & go;
        if (all(moves)) {
            theta_.swap(proposed_);
        } else if (any(moves)) {
            for (std::size_t d = 0; d < space_.n * L; d += L)
                store(theta_.data() + d, select<V>(moves, load(proposed_.data() + d), load(theta_.data() + d)));
        }
        MaskOf<T> done = ~sound;
        if (job_.solver.full_batch)
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
        const V broken = in_slices(
            objective_.threads(), space_.n,
            [&](std::size_t from, std::size_t to) {
                V sum{};  // stays 0, for x · 0 is NaN if x is not finite
                for (std::size_t d = from * L; d < to * L; d += L) sum += load(numbers.data() + d) * V{};
                return sum;
            },
            [](V a, V b) { return a + b; });
        return SHOAL_ISA::finite(space_.fold(broken));
    }

    void decay(V rate) {
        if (!any(lambda_ != V{})) return;
        const V share = job_.solver.decay_times_rate ? lambda_ * rate : lambda_;
        for (std::size_t d = 0; d < space_.n * L; d += L) {
            const V w = load(theta_.data() + d) * load(common_.weight_mask.data() + d);
            store(proposed_.data() + d, load(proposed_.data() + d) - share * w);
        }
    }

    void shuffle(std::size_t epoch) {
        const Stretch& stretch = *common_.stretch;
        if (!stretch.orders.rows && !job_.shared_order && permuters_.empty())
            permuters_.assign(kMembers, Permuter(job_.train.n()));
        same_rows_ =
            !LaneIsMember || (stretch.orders.rows ? stretch.orders.n_orders == 1 : job_.shared_order.has_value());
        for (std::size_t i = 0; i < kMembers; ++i) {
            if (stretch.orders.rows) orders_[i] = stretch.orders.of(members_[i], epoch - stretch.first);
            else if (job_.shared_order) orders_[i] = common_.shared_order;
            else orders_[i] = permuters_[i]({keys_[2 * i], keys_[2 * i + 1], Purpose::order, epoch});
        }
    }

    // Lets the objective see samples `start` … of this epoch's order, or the full batch.
    void see(std::size_t start, std::size_t samples, std::size_t step) {
        if (!common_.train) {
            const std::uint32_t* rows[L];
            for (std::size_t i = 0; i < kMembers; ++i) rows[i] = orders_[i] + start;
            if (train_.has_lengths) sort(rows, samples);
            train_.batch.samples = samples;
            lay_out<T, LaneIsMember>(*common_.table, rows, same_rows_, train_.batch, memory_->values.data());
            ask_ahead(start + samples, samples);
            T* share = memory_->share.data();
            const V weight = shares_.lay_out(rows, same_rows_, samples, share);
            if (job_.by_batch)
                objective_.penalise(per_member(job_.l2), per_member(job_.l1), LaneIsMember ? weight : splat(weight[0]));
            if (!LaneIsMember) std::fill(share + samples, share + train_.batch.columns() * L, T(0));
            train_.values = memory_->values.data(), train_.share = share;
        }
        objective_.see(train_, common_.noisy ? keys_ : nullptr, step);
    }

    // Asks for the rows of the next minibatch, which come to the second cache while this one is worked on.
    SHOAL_INLINE void ask_ahead(std::size_t start, std::size_t samples) const {
        const std::size_t end = std::min(start + samples, common_.samples_of_an_epoch());
        for (std::size_t i = 0; i < (same_rows_ ? 1 : kMembers); ++i)
            common_.table->ask_for(orders_[i] + start, end - start);
    }

    // Brings the samples of a minibatch into the order of their lengths.
    void sort(const std::uint32_t** rows, std::size_t samples) {
        for (std::size_t i = 0; i < kMembers; ++i) {
            if (i > 0 && same_rows_) {
                places_[i] = places_[0], rows[i] = rows[0];
                continue;
            }
            const std::uint32_t* const drawn = rows[i];
            places_[i] = by_length_[i](samples, [&](std::size_t k) { return common_.table->length(drawn[k]); });
            for (std::size_t k = 0; k < samples; ++k) sorted_[i][k] = drawn[places_[i][k]];
            rows[i] = sorted_[i].data();
        }
        train_.places = places_;
    }

    // Record the validation loss, remember each member's best parameters, and end those that wait too long.
    void validate(std::size_t epoch) {
        double loss[L];
        objective_.losses(theta_.data(), validation_, loss);
        MaskOf<T> better{};
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!validated_[lane]) continue;
            const auto run = static_cast<std::int64_t>(epoch - began_[lane] + 1);
            job_.course.validation_loss[place(lane, epoch)] = loss[lane];
            if (loss[lane] < best_loss_[lane]) {
                best_loss_[lane] = loss[lane], better[lane] = -1;
                job_.course.best_epoch[members_[lane]] = run;
            }
            const std::int64_t waited = run - job_.course.best_epoch[members_[lane]];
            if (job_.patience && alive_[lane] && waited >= static_cast<std::int64_t>(job_.patience)) {
                stopped(lane) = static_cast<std::int64_t>(Reason::early_stopping);
                let_go(lane);
            }
        }
        if (!job_.patience || !any(better)) return;
        if (!LaneIsMember) better = ~MaskOf<T>{};
        for (std::size_t d = 0; d < space_.n * L; d += L)
            store(best_.data() + d, select<V>(better, load(theta_.data() + d), load(best_.data() + d)));
    }

    // Shows the epoch's losses to the watch over plateaus, and ends who is late.
    void watch(std::size_t epoch) {
        for (std::size_t lane = 0; lane < count_; ++lane) {
            if (!validated_[lane]) continue;
            const bool late = job_.course.watch->see(members_[lane], job_.course.loss[place(lane, epoch)]);
            if (!late || !alive_[lane]) continue;
            stopped(lane) = static_cast<std::int64_t>(Reason::converged);
            let_go(lane);
        }
    }

    const Common<T, LaneIsMember>& common_;
    const Job<T>& job_;
    const std::size_t count_;             // lanes that hold a member
    std::array<std::size_t, L> members_;  // of the lanes
    std::array<std::size_t, L> began_;    // in which epoch of the group
    Space<T> space_;
    BatchObjective<T, LaneIsMember> objective_;
    Clipped<T> clipped_;  // as the solver sees it
    std::unique_ptr<Solver<T>> solver_;
    std::vector<T> theta_, proposed_, best_;
    std::uint64_t keys_[2 * L];
    double best_loss_[L];
    MaskOf<T> alive_{}, validated_{};
    V rate_, lambda_;
    bool same_rows_ = true;
    Columns<T, LaneIsMember> train_, validation_;
    Aligned<T> own_train_, own_validation_;  // shares
    Shares<T, LaneIsMember> shares_;         // of minibatches
    BatchMemory<T, LaneIsMember>* memory_ = nullptr;
    std::vector<Permuter> permuters_;
    const std::uint32_t *orders_[L] = {}, *places_[L] = {};
    std::vector<ByLength> by_length_;
    std::vector<std::vector<std::uint32_t>> sorted_;  // rows of a minibatch
};

}  // namespace shoal::SHOAL_ISA
