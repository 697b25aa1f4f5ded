// The members of a job in groups, which train some epochs at a time.
#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "group.hpp"

namespace shoal::SHOAL_ISA {

// Groups need nothing of each other, so as many run at a time as there are threads; when there are fewer groups, the
// threads share what each group's batch asks for. Where all see one order of batches, which is then made once, groups go
// from epoch to epoch in step.
template <class T, bool LaneIsMember> class Groups final : public Trainer<T> {
  public:
    using Place = Workspace<T, LaneIsMember>;

    explicit Groups(const Job<T>& job) : common_(job) {}

    void advance(Stretch& stretch) override {
        begin(stretch);
        make_groups();
        const std::size_t end = stretch.first + stretch.epochs, in_step = common_.is_in_step() ? 1 : stretch.epochs;
        // What a group has to do is one piece, for waking threads once takes as long as small networks take for an epoch.
        for (std::size_t first = stretch.first, next;; first = next) {
            std::atomic<std::size_t> active{0};
            next = std::min(first + in_step, end);
            if (first < next) common_.begin(first);
            each_group(groups(), [&](std::size_t number, Place* own) {
                Group<T, LaneIsMember>& group = *all_[number];
                if (first == stretch.first) group.heed();
                std::size_t members = group.active();
                for (std::size_t epoch = first; epoch < next && members && !stretch.stop; ++epoch)
                    members = group.train(epoch, own, of_blocks_);
                active += members;
                if ((next == end || members == 0) && !stretch.stop) group.hand_all_back(end == job().epochs);
            });
            if (next == end || active == 0 || stretch.stop) return;
        }
    }

    // Where nobody has begun, a group is there while it trains. Under a full-batch solver each member ends at a time of its
    // own. Where lanes are members there are no more groups than threads then, and whoever waits takes the lane of one
    // that has ended: none idles beside a slow one.
    void finish(Stretch& stretch) override {
        begin(stretch);
        if (!all_.empty() || common_.is_in_step()) return advance(stretch);
        const bool refills = LaneIsMember && job().solver.full_batch && !common_.noisy;
        const std::size_t first_groups = refills ? outer_ : groups();
        Waiting waiting(first_groups * kSize, job().members());
        each_group(first_groups, [&](std::size_t number, Place* own) {
            Group<T, LaneIsMember> group(common_, number * kSize);
            for (std::size_t epoch = 0; group.refill(epoch, waiting) && !stretch.stop; ++epoch)
                group.train(epoch, own, of_blocks_);
            if (!stretch.stop) group.hand_all_back(true);
        });
    }

    void exchange(Direction direction, Memory<T>& memory, std::size_t epoch) override {
        Stretch stretch;
        begin(stretch);
        make_groups();
        for (const auto& group : all_) group->exchange(direction, memory, epoch);
    }

  private:
    static constexpr std::size_t kSize = Group<T, LaneIsMember>::kMembers;
    // Multiplications of a stretch below which waking threads costs more than they save.
    static constexpr std::size_t kWorthWaking = 1 << 22;

    const Job<T>& job() const { return common_.job; }
    std::size_t groups() const { return (job().members() + kSize - 1) / kSize; }

    // Makes room for as many threads as the stretch is worth. A group's threads share the rows of its wide layers, or else
    // the blocks of its batches, which are small for images.
    void begin(Stretch& stretch) {
        common_.stretch = &stretch;
        const Network& network = common_.network;
        const std::size_t of_sample = network.multiplications();
        const std::size_t of_hessian = makes_hessians(job().solver) ? network.n_parameters : 1;
        const std::size_t samples = job().members() * common_.samples_of_an_epoch() * stretch.epochs;
        const std::size_t work = 3 * samples * of_sample * of_hessian;
        const std::size_t threads = work < kWorthWaking ? 1 : stretch.threads;
        const bool inside = groups() < threads && common_.samples() * of_sample * kSize >= kWorthSharing;
        outer_ = inside ? 1 : std::min(threads, groups());
        const std::size_t inner = inside ? threads : 1;
        const bool ties = network.ties_samples();  // then there is one block
        const bool by_rows =
            ties || (is_wide<LaneIsMember>(network) && !network.sees_images() && !network.sees_sequences());
        const std::size_t of_rows = by_rows ? inner : 1;
        of_blocks_ = inner / of_rows;
        if (workspaces_.size() >= outer_ * of_blocks_ && of_rows_ == of_rows) return;
        workspaces_.clear();
        workspaces_.reserve(outer_ * of_blocks_);
        of_rows_ = of_rows;
        for (std::size_t i = 0; i < outer_ * of_blocks_; ++i)
            workspaces_.emplace_back(network, common_.widest_block(), common_.table ? common_.samples() : 0,
                                     common_.table ? common_.table->numbers() : 0, of_rows);
    }

    void make_groups() {
        if (!all_.empty()) return;
        std::vector<std::unique_ptr<Group<T, LaneIsMember>>> made(groups());
        each_group(groups(), [&](std::size_t group, Place*) {
            made[group] = std::make_unique<Group<T, LaneIsMember>>(common_, group * kSize);
        });
        if (common_.stretch->failure) std::rethrow_exception(common_.stretch->failure);
        all_ = std::move(made);
    }

    template <class F> void each_group(std::size_t groups, F work) {
        Stretch& stretch = const_cast<Stretch&>(*common_.stretch);
        share_out(
            outer_, groups,
            [&](std::size_t thread, std::size_t group) {
                try {
                    work(group, &workspaces_[thread * of_blocks_]);
                } catch (...) {  // memory, most likely; a thread must not end with it
                    stretch.fail(std::current_exception());
                }
            },
            stretch.poll);
    }

    Common<T, LaneIsMember> common_;
    std::vector<std::unique_ptr<Group<T, LaneIsMember>>> all_;  // where somebody has begun
    std::vector<Place> workspaces_;
    std::size_t outer_ = 1, of_blocks_ = 1, of_rows_ = 0;
};

}  // namespace shoal::SHOAL_ISA
