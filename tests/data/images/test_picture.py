from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from shoal.data.images import picture
from shoal.data.images.picture import CLEAR, DEEP, INKS, careful, read_header, read_picture
from shoal.errors import DataError

Pixels = npt.NDArray[Any]
Colours = Callable[..., Pixels]
Png = Callable[..., bytes]


@pytest.mark.parametrize("kind", ["png", "bmp", "tif", "TIFF"])
def test_pixels_are_those_that_were_saved(colours: Colours, tmp_path: Path, kind: str) -> None:
    path = tmp_path / f"a.{kind}"
    Image.fromarray(colours()).save(path)
    assert read_header(path) == picture.PictureHeader((6, 5), grey=False)
    got = read_picture(path, (6, 5), 3)
    np.testing.assert_array_equal(got.pixels, colours())
    assert got.losses == ()


def test_a_photograph_may_be_decoded_smaller(tmp_path: Path) -> None:
    left_dark = np.zeros((640, 480), np.uint8)
    left_dark[:, 240:] = 200
    Image.fromarray(left_dark).save(tmp_path / "a.jpg", quality=95)
    assert read_header(tmp_path / "a.jpg") == picture.PictureHeader((640, 480), grey=True)
    pixels = read_picture(tmp_path / "a.jpg", (40, 30), 1).pixels[..., 0]
    assert pixels.shape == (40, 30)
    np.testing.assert_allclose(pixels[:, [0, 13]], 0, atol=2)
    np.testing.assert_allclose(pixels[:, [16, 29]], 200, atol=2)


def test_a_palette_becomes_its_colours(tmp_path: Path) -> None:
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 40, 50, 60])
    image.putpixel((1, 0), 1)
    for kind in ("png", "gif"):
        image.save(tmp_path / f"a.{kind}")
        got = read_picture(tmp_path / f"a.{kind}", (1, 2), 3)
        assert got.pixels.tolist() == [[[10, 20, 30], [40, 50, 60]]]
        assert got.losses == ()


def test_one_bit_is_black_and_white(tmp_path: Path) -> None:
    Image.fromarray(np.array([[True, False]])).save(tmp_path / "a.png")
    assert read_header(tmp_path / "a.png").grey
    assert read_picture(tmp_path / "a.png", (1, 2), 1).pixels.ravel().tolist() == [255, 0]


def test_sixteen_bits_keep_their_upper_eight(chunked_png: Png, tmp_path: Path) -> None:
    (tmp_path / "grey.png").write_bytes(chunked_png(2, 1, b"\0\x12\x34\xab\xcd", depth=16))
    (tmp_path / "rgb.png").write_bytes(chunked_png(1, 1, b"\0\x12\x34\xab\xcd\xff\xff", depth=16, colour=2))
    grey, rgb = read_picture(tmp_path / "grey.png", (1, 2), 1), read_picture(tmp_path / "rgb.png", (1, 1), 3)
    assert grey.pixels.ravel().tolist() == [0x12, 0xAB]
    assert rgb.pixels.ravel().tolist() == [0x12, 0xAB, 0xFF]
    assert grey.losses == rgb.losses == (DEEP,)


def test_inks_become_light(tmp_path: Path) -> None:
    Image.new("CMYK", (8, 8), (0, 255, 255, 0)).save(tmp_path / "a.jpg", quality=100)
    got = read_picture(tmp_path / "a.jpg", (8, 8), 3)
    np.testing.assert_allclose(got.pixels[4, 4], [255, 0, 0], atol=6)
    assert got.losses == (INKS,)


def test_what_is_transparent_lies_on_white(tmp_path: Path) -> None:
    image = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    image.putpixel((1, 0), (0, 0, 0, 255))
    image.save(tmp_path / "a.png")
    got = read_picture(tmp_path / "a.png", (1, 2), 1)
    assert got.pixels.ravel().tolist() == [255, 0]
    assert got.losses == (CLEAR,)


def test_opaque_transparency_is_no_loss(tmp_path: Path) -> None:
    Image.new("LA", (2, 2), (7, 255)).save(tmp_path / "a.png")
    assert read_picture(tmp_path / "a.png", (2, 2), 1) == picture.Picture(pytest.approx(7), ())


@pytest.mark.parametrize("orientation", range(1, 9))
def test_pictures_stand_upright(tmp_path: Path, orientation: int) -> None:
    """An F that the camera turned: however it is stored, it is read as an F."""
    f = np.repeat(np.repeat([[1, 1, 1], [1, 0, 0], [1, 1, 0], [1, 0, 0]], 8, 0), 8, 1).astype(np.uint8) * 200
    turns = [f, f[:, ::-1], f[::-1, ::-1], f[::-1], f.T, np.rot90(f), f[::-1, ::-1].T, np.rot90(f, -1)]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(turns[orientation - 1])).save(
        tmp_path / "a.jpg", exif=exif, quality=95
    )
    assert read_header(tmp_path / "a.jpg").size == (32, 24)
    pixels = read_picture(tmp_path / "a.jpg", (32, 24), 1).pixels[..., 0]
    np.testing.assert_allclose(pixels.astype(float), f, atol=25)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("mode", ["L", "RGB", "I;16", "F"])
@pytest.mark.parametrize("compression", [None, "tiff_lzw", "packbits"])
def test_tiffs_stand_upright(tmp_path: Path, orientation: int, mode: str, compression: str | None) -> None:
    f = np.arange(40, 40 + 8 * 5, dtype=np.uint8).reshape(8, 5)
    turns = [f, f[:, ::-1], f[::-1, ::-1], f[::-1], f.T, np.rot90(f), f[::-1, ::-1].T, np.rot90(f, -1)]
    turned = np.ascontiguousarray(turns[orientation - 1])
    stored = {
        "L": turned,
        "RGB": np.dstack([turned] * 3),
        "I;16": turned.astype(np.uint16) << 8,
        "F": turned.astype(np.float32) / 255,
    }[mode]
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(stored).save(tmp_path / "a.tif", exif=exif, compression=compression)
    assert read_header(tmp_path / "a.tif") == picture.PictureHeader((8, 5), grey=mode != "RGB")
    np.testing.assert_array_equal(read_picture(tmp_path / "a.tif", (8, 5), 1).pixels[..., 0], f)


def test_numbers_that_are_no_brightness(tmp_path: Path) -> None:
    wholes = [np.array([pair], np.int32) for pair in ((-1, 5), (0, 70000))]
    floats = [np.array([pair], np.float32) for pair in ((0.5, 1.5), (0.5, np.nan))]
    for given in (*wholes, *floats):
        Image.fromarray(given).save(tmp_path / "a.tif")
        with careful(), pytest.raises(DataError, match=r"^holds numbers from .* rescale it$"):
            read_picture(tmp_path / "a.tif", (1, 2), 1)


def test_a_tiff_of_several_pages_is_refused(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 4), shade) for shade in (0, 100, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    with pytest.raises(DataError, match=r"^has 3 pages, expected one picture; save the page to use"):
        read_header(tmp_path / "a.tif")


def test_a_bomb_is_refused_before_it_is_decoded(
    chunked_png: Png, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two million pixels of each bit depth would be more than the limit set here; none are made."""
    monkeypatch.setattr(picture, "MOST_PIXELS", 10**6)
    monkeypatch.setattr(Image.core, "new", None)  # what makes the memory of a picture
    monkeypatch.setattr(Image.core, "fill", None)
    (tmp_path / "a.png").write_bytes(chunked_png(2000, 1000, bytes(2001 * 1000)))
    for read in (read_header, lambda path: read_picture(path, (8, 8), 1)):
        with pytest.raises(DataError, match=r"^says that it has 2,000,000 pixels, expected at most 1,000"):
            read(tmp_path / "a.png")


def test_a_bomb_that_pillow_knows_itself(chunked_png: Png, tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(chunked_png(10**5, 10**5))
    with (
        careful(),
        pytest.raises(DataError, match=r"^says that it has more pixels, expected at most 33"),
    ):
        read_header(tmp_path / "a.png")


def test_a_file_too_large_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "MOST_BYTES", 100)
    (tmp_path / "a.png").write_bytes(bytes(101))
    with pytest.raises(DataError, match=r"^has 101 bytes, expected a picture of at most 100 bytes"):
        read_header(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["gif", "png"])
def test_animations_are_refused(tmp_path: Path, kind: str) -> None:
    frames = [Image.new("L", (4, 4), shade) for shade in (0, 100, 200)]
    frames[0].save(tmp_path / f"a.{kind}", save_all=True, append_images=frames[1:])
    with pytest.raises(DataError, match=r"^is an animation of 3 frames, expected one picture"):
        read_header(tmp_path / f"a.{kind}")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "^is empty, expected a picture"),
        (b"hello", "^is no picture with pixels, expected PNG, JPEG, BMP, GIF, TIFF"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "^is no picture with pixels"),
        (b"GIF89a\0\0\0\0\0\0\0", "^(is no picture with|has no) pixels"),
    ],
)
def test_what_is_no_picture(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "a.png").write_bytes(content)
    with pytest.raises(DataError, match=message):
        read_header(tmp_path / "a.png")


@pytest.mark.parametrize("size", [(0, 5), (5, 0)])
def test_a_picture_without_pixels(chunked_png: Png, tmp_path: Path, size: tuple[int, int]) -> None:
    (tmp_path / "a.png").write_bytes(chunked_png(*size))
    with pytest.raises(DataError, match=r"^is no picture with pixels"):
        read_header(tmp_path / "a.png")


@pytest.mark.parametrize("kind", ["png", "jpg", "gif", "bmp", "tif"])
def test_every_truncation_is_one_line(colours: Colours, tmp_path: Path, kind: str) -> None:
    """Cut anywhere and scrambled anywhere, a file is read or refused, never anything else."""
    buffer = io.BytesIO()
    Image.fromarray(colours(20, 20)).save(buffer, {"jpg": "JPEG", "tif": "TIFF"}.get(kind, kind.upper()))
    whole, path = buffer.getvalue(), tmp_path / f"a.{kind}"
    refused = []
    for cut in range(0, len(whole) - 20, max(1, len(whole) // 40)):
        damaged = bytearray(whole)
        damaged[cut] ^= 0xFF
        for content in (whole[:cut], bytes(damaged)):
            path.write_bytes(content)
            try:
                with careful():
                    assert read_picture(path, (20, 20), 3).pixels.shape == (20, 20, 3)
            except DataError as error:
                refused.append(str(error))
    assert len(refused) >= 40
    assert not any("\n" in message for message in refused)
    path.write_bytes(whole[:-30])
    with pytest.raises(DataError, match=r"^is damaged \(.*\); restore it"):
        read_picture(path, (20, 20), 3)
