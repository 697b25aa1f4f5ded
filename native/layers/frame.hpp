// An image with padding around it, in which a window's pixels lie beside those of the next window.
#pragma once

#include "layer.hpp"

namespace shoal::SHOAL_ISA {

// Pixel x of a padded row, where windows are `stride` pixels apart, lies at x mod stride · phase + x / stride: tap j
// of all windows of an output row is one run. An image that needs neither padding nor phases is its own frame.
template <class T> class Frame {
  public:
    static constexpr std::size_t lanes = kLanes<T>;

    explicit Frame(const Geometry& geometry) : geometry_(geometry) {
        const Geometry& g = geometry;
        const auto reach = [](std::size_t out, std::size_t stride, std::size_t size, std::size_t dilation) {
            return (out - 1) * stride + (size - 1) * dilation + 1;
        };
        const std::size_t rows = reach(g.out.rows, g.stride.rows, g.size.rows, g.dilation.rows);
        const std::size_t columns = reach(g.out.columns, g.stride.columns, g.size.columns, g.dilation.columns);
        own_ = g.stride.columns > 1 || rows > g.in.rows || columns > g.in.columns || g.before.rows || g.before.columns;
        phase_ = own_ ? (columns + g.stride.columns - 1) / g.stride.columns : g.in.columns;
        image_ = {g.in.channels, own_ ? rows : g.in.rows, own_ ? phase_ * g.stride.columns : g.in.columns};
    }

    // Whether the image must be copied.
    bool own() const { return own_; }
    // Of the frame, in pixels.
    const Image& image() const { return image_; }
    // Where a window's pixel in row i and column j lies from the window's first.
    std::size_t tap(std::size_t i, std::size_t j) const {
        return i * geometry_.dilation.rows * image_.columns + at(j * geometry_.dilation.columns);
    }

    // Copies what is inside the frame from an image; what is around it stays.
    void put(const T* image, T* frame, std::size_t width) const {
        each_pixel(width, [=](std::size_t of_image, std::size_t of_frame, std::size_t numbers) {
            std::memcpy(frame + of_frame, image + of_image, numbers * sizeof(T));
        });
    }

    // Copies it to an image, where pixels that no window sees are left as they are.
    void take(const T* frame, T* image, std::size_t width) const {
        each_pixel(width, [=](std::size_t of_image, std::size_t of_frame, std::size_t numbers) {
            std::memcpy(image + of_image, frame + of_frame, numbers * sizeof(T));
        });
    }

  private:
    std::size_t at(std::size_t x) const { return x % geometry_.stride.columns * phase_ + x / geometry_.stride.columns; }

    // copy(number of the image, number of the frame, count) for all that an image and its frame have in common.
    template <class F> void each_pixel(std::size_t width, F copy) const {
        const Geometry& g = geometry_;
        const std::size_t vectors = width * lanes, padded = phase_ * g.stride.columns;
        const std::size_t rows = std::min(g.in.rows, image_.rows - g.before.rows);
        const std::size_t columns = std::min(g.in.columns, padded - g.before.columns);
        for (std::size_t c = 0; c < g.in.channels; ++c)
            for (std::size_t y = 0; y < rows; ++y) {
                const std::size_t from = (c * g.in.rows + y) * g.in.columns;
                const std::size_t to = (c * image_.rows + y + g.before.rows) * image_.columns;
                if (g.stride.columns == 1) {
                    copy(from * vectors, (to + g.before.columns) * vectors, columns * vectors);
                    continue;
                }
                for (std::size_t x = 0; x < columns; ++x)
                    copy((from + x) * vectors, (to + at(x + g.before.columns)) * vectors, vectors);
            }
    }

    Geometry geometry_;
    bool own_;
    std::size_t phase_;
    Image image_;
};

}  // namespace shoal::SHOAL_ISA
