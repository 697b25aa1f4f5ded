#!/usr/bin/env bash
# An uncompressed TIFF that is to be turned by a quarter is read otherwise from its name than from an open file.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pillow==13.0.0 numpy==2.4.6
cd "$folder"
venv/bin/python - <<'PYTHON'
import io
import sys

import numpy as np
import PIL
from PIL import Image

pixels = np.arange(6, dtype=np.uint8).reshape(2, 3) * 40
exif = Image.Exif()
exif[0x0112] = 6  # the first row is the right side: turn by a quarter, clockwise
expected = np.rot90(pixels, -1).tolist()

seen = {}
for compression in (None, "tiff_lzw"):
    Image.fromarray(pixels).save("turned.tif", exif=exif, compression=compression)
    seen[compression, "name"] = np.asarray(Image.open("turned.tif")).tolist()
    with open("turned.tif", "rb") as file:
        seen[compression, "open file"] = np.asarray(Image.open(io.BytesIO(file.read()))).tolist()

print("Pillow", PIL.__version__)
print("a good guess: all four are", expected)
for (compression, source), values in seen.items():
    print(f"compression {compression}, from its {source}: {values}")
wrong = seen[None, "name"] != expected
others = all(values == expected for key, values in seen.items() if key != (None, "name"))
sys.exit(not (wrong and others))
PYTHON
