// Images that are new in every epoch: the compiled twin of shoal/training/augmentation.py, which says what is drawn.
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "philox.hpp"
#include "pool.hpp"
#include "table.hpp"

namespace shoal::SHOAL_ISA {

// Deforms one image after the other; a thread has one. All of its work is on rows of whole vectors.
template <class T> class Deformer {
  public:
    using V = Vec<T>;
    static constexpr std::size_t L = kLanes<T>;

    explicit Deformer(const Deformation& given)
        : given_(given), taps_(given.taps.data, given.taps.data + given.taps.shape[0]),
          width_((given.columns + L - 1) / L * L), stride_(width_ + 2 * given.reach() + L),
          words_((2 * given.pixels() + 7) / 8), bytes_(2 * given.pixels()), draws_(2 * given.pixels()),
          rows_(given.rows * width_), smooth_(given.rows * stride_),
          field_{Aligned<T>(given.rows * width_), Aligned<T>(given.rows * width_)},
          ring_(given.channels * (given.rows + 2) * (given.columns + 2)), down_(width_), across_(width_),
          corners_(4 * width_), row_(width_), column_(width_) {}

    // Writes `image` as it is seen in an epoch: new(p) = old(c + t + R(φ) diag(f) (p − c) + α (g ∗ u)(p)).
    void operator()(const T* image, std::uint64_t epoch, std::uint64_t sample, T* seen) {
        Stream stream(given_.seed, ~std::uint64_t(0), Purpose::augmentation, epoch << 32 | sample);
        const auto draw = [&](std::uint64_t k) { return 2 * stream.uniform(k) - 1; };
        const double down = given_.translate * draw(0), across = given_.translate * draw(1);
        const double side = given_.mirror && draw(5) < 0 ? -1 : 1;
        const double high = std::pow(given_.factor, draw(2)), wide = side * std::pow(given_.factor, draw(3));
        const double turn = given_.angle * draw(4), cos = std::cos(turn), sin = std::sin(turn);
        if (given_.elastic > 0) {
            draw_fields(stream);
            for (std::size_t axis = 0; axis < 2; ++axis)
                smooth(draws_.data() + axis * given_.pixels(), field_[axis].data());
        }
        put_in_a_ring(image);
        const double middle_r = (given_.rows - 1) / 2.0, middle_c = (given_.columns - 1) / 2.0;
        for (std::size_t r = 0; r < given_.rows; ++r) {
            // q is linear along a row: its value at column 0, and its change from column to column.
            const double y = high * (r - middle_r), x = -wide * middle_c;
            find_row({T(middle_r + down + cos * y + sin * x), T(sin * wide)}, field_[0].data() + r * width_,
                     given_.rows, row_.data(), down_.data());
            find_row({T(middle_c + across + cos * x - sin * y), T(cos * wide)}, field_[1].data() + r * width_,
                     given_.columns, column_.data(), across_.data());
            for (std::size_t channel = 0; channel < given_.channels; ++channel)
                write_row(channel, seen + (channel * given_.rows + r) * given_.columns);
        }
    }

  private:
    static constexpr std::size_t kAffineDraws = 8;

    struct Line {
        T start, change;
    };

    // u ~ U(−1, 1) for both axes, eight from each word.
    void draw_fields(Stream& stream) {
        for (std::size_t k = 0; k < words_.size(); ++k) words_[k] = stream.raw(kAffineDraws + k);
        std::memcpy(bytes_.data(), words_.data(), bytes_.size());  // the lowest first, as on all machines so far
        for (std::size_t i = 0; i < draws_.size(); ++i)
            draws_[i] = (static_cast<T>(static_cast<std::int32_t>(bytes_[i])) + T(0.5)) / 128 - 1;
    }

    // field = α g ∗ u, down and then across; u is 0 outside of the image.
    void smooth(const T* u, T* field) {
        const std::size_t rows = given_.rows, reach = given_.reach();
        for (std::size_t r = 0; r < rows; ++r)
            std::copy_n(u + r * given_.columns, given_.columns, rows_.data() + r * width_);
        for (std::size_t r = 0; r < rows; ++r) {
            const std::size_t from = r < reach ? 0 : r - reach, to = std::min(rows, r + reach + 1);
            weigh(rows_.data() + from * width_, width_, taps_.data() + (from + reach - r), to - from, T(1),
                  smooth_.data() + r * stride_ + reach);
        }
        for (std::size_t r = 0; r < rows; ++r)
            weigh(smooth_.data() + r * stride_, 1, taps_.data(), taps_.size(), T(given_.elastic), field + r * width_);
    }

    // out = factor · Σ_k taps[k] · in[k · step …], for a row of numbers: four vectors of it at a time.
    void weigh(const T* in, std::size_t step, const T* taps, std::size_t n, T factor, T* out) const {
        std::size_t c = 0;
        for (; c + 4 * L <= width_; c += 4 * L) weigh_vectors<4>(in + c, step, taps, n, factor, out + c);
        for (; c < width_; c += L) weigh_vectors<1>(in + c, step, taps, n, factor, out + c);
    }

    template <int vectors>
    SHOAL_INLINE static void weigh_vectors(const T* in, std::size_t step, const T* taps, std::size_t n, T factor,
                                           T* out) {
        V sum[vectors] = {};
        for (std::size_t k = 0; k < n; ++k)
            for (int v = 0; v < vectors; ++v) sum[v] += splat(taps[k]) * load(in + k * step + v * L);
        for (int v = 0; v < vectors; ++v) store<T>(out + v * L, splat(factor) * sum[v]);
    }

    // Copies the image, one pixel of what is outside around it.
    void put_in_a_ring(const T* image) {
        const std::size_t H = given_.rows, W = given_.columns;
        const bool edge = std::isnan(given_.fill);
        const T fill = static_cast<T>(given_.fill);
        T* to = ring_.data();
        for (std::size_t channel = 0; channel < given_.channels; ++channel, image += H * W)
            for (std::size_t r = 0; r < H + 2; ++r, to += W + 2) {
                const T* from = image + std::min(std::max<std::size_t>(r, 1) - 1, H - 1) * W;
                const bool outside = r == 0 || r == H + 1;
                if (outside && !edge) {
                    std::fill_n(to, W + 2, fill);
                } else {
                    std::copy_n(from, W, to + 1);
                    to[0] = edge ? from[0] : fill, to[W + 1] = edge ? from[W - 1] : fill;
                }
            }
    }

    // One coordinate of q for a row, as it is in the ring: its whole part, and the rest.
    void find_row(Line line, const T* field, std::size_t extent, Int<T>* whole, T* rest) const {
        const T last = static_cast<T>(extent + 1);
        for (std::size_t c = 0; c < width_; ++c) {
            const T q =
                std::min(std::max(line.start + static_cast<Int<T>>(c) * line.change + field[c] + 1, T(0)), last);
            whole[c] = std::min(static_cast<Int<T>>(q), static_cast<Int<T>>(extent));
            rest[c] = q - static_cast<T>(whole[c]);
        }
    }

    // new(p) from the four pixels around q, for a row of one channel. Loops of their own, since numbers that have
    // just been written one by one are not to be read as vectors.
    void write_row(std::size_t channel, T* seen) {
        const std::size_t W = given_.columns, stride = W + 2;
        const T* old = ring_.data() + channel * (given_.rows + 2) * stride;
        T *a = corners_.data(), *b = a + W, *c = b + W, *d = c + W;
        for (std::size_t i = 0; i < W; ++i) {
            const T* at = old + row_[i] * stride + column_[i];
            a[i] = at[0], b[i] = at[1], c[i] = at[stride], d[i] = at[stride + 1];
        }
        for (std::size_t i = 0; i < W; ++i) {
            const T upper = (1 - across_[i]) * a[i] + across_[i] * b[i];
            const T lower = (1 - across_[i]) * c[i] + across_[i] * d[i];
            seen[i] = (1 - down_[i]) * upper + down_[i] * lower;
        }
    }

    const Deformation given_;
    const std::vector<T> taps_;
    const std::size_t width_, stride_;  // of a row in whole vectors; with what is 0 beside it
    std::vector<std::uint64_t> words_;
    std::vector<std::uint8_t> bytes_;
    std::vector<T> draws_;
    Aligned<T> rows_, smooth_, field_[2];
    std::vector<T> ring_, down_, across_, corners_;
    std::vector<Int<T>> row_, column_;
};

// Writes images `from` (n, C·H·W) into rows `to(i)` as they are seen in an epoch, on several threads.
template <class T, class To>
void deform(const Deformation& given, const T* from, std::size_t n, std::uint64_t epoch, std::size_t threads, To to,
            const std::function<void()>& idle = nullptr) {
    constexpr std::size_t kPiece = 64;  // images
    const std::size_t size = given.channels * given.pixels(), pieces = (n + kPiece - 1) / kPiece;
    std::vector<Deformer<T>> deformers;
    deformers.reserve(threads);
    for (std::size_t i = 0; i < std::min(threads, pieces); ++i) deformers.emplace_back(given);
    share_out(
        deformers.size(), pieces,
        [&](std::size_t thread, std::size_t piece) {
            for (std::size_t i = piece * kPiece; i < std::min(n, (piece + 1) * kPiece); ++i)
                deformers[thread](from + i * size, epoch, i, to(i));
        },
        idle);
}

}  // namespace shoal::SHOAL_ISA
