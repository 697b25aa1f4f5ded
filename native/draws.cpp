#include "draws.hpp"

// Whole numbers alone: no instruction set is better at them than another.
#define SHOAL_ISA everywhere
#include "philox.hpp"

namespace shoal {
namespace {

// A stream whose numbers are taken in turn, as NumPy's Philox gives them.
class InTurn {
  public:
    InTurn(std::uint64_t seed, std::uint64_t member) : stream_(seed, member, everywhere::Purpose::weights, 0) {}

    std::uint64_t raw() { return stream_.raw(next_++); }
    double uniform() { return stream_.uniform(next_++); }

    // Two of a raw number, the lower half first; what is drawn otherwise in between leaves the upper half waiting.
    std::uint32_t half() {
        waiting_ = !waiting_;
        if (!waiting_) return upper_;
        const std::uint64_t both = raw();
        upper_ = static_cast<std::uint32_t>(both >> 32);
        return static_cast<std::uint32_t>(both);
    }

    BitGenerator for_numpy() {
        const auto raw = [](void* state) { return static_cast<InTurn*>(state)->raw(); };
        return {this, raw, [](void* state) { return static_cast<InTurn*>(state)->half(); },
                [](void* state) { return static_cast<InTurn*>(state)->uniform(); }, raw};
    }

  private:
    everywhere::Stream stream_;
    std::uint64_t next_ = 0;
    bool waiting_ = false;
    std::uint32_t upper_ = 0;
};

}  // namespace

void draw(const std::uint64_t* keys, std::size_t members, const DrawnPart* parts, std::size_t count,
          FillNormal fill_normal, double* theta, std::size_t D) {
    for (std::size_t p = 0; p < members; ++p) {
        InTurn stream(keys[2 * p], keys[2 * p + 1]);
        BitGenerator generator = stream.for_numpy();
        double* const row = theta + p * D;
        for (const DrawnPart* part = parts; part != parts + count; ++part) {
            if (part->normal) fill_normal(&generator, part->stop - part->start, row + part->start);
            else
                for (std::int64_t i = part->start; i < part->stop; ++i) row[i] = stream.uniform();
        }
    }
}

}  // namespace shoal
