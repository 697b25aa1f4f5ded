#!/usr/bin/env bash
# Dates of a coarse unit that are too far away for a finer one: NumPy 2.4 gives other dates without a word, NumPy 2.5, which Python
# 3.11 does not get, raises OverflowError. So the same lock file reads the same array in two ways, and neither can be left to NumPy.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for python in python3.12 python3.13 python3.14 none; do $python -c "" 2>/dev/null && break; done
[[ $python != none ]] || { echo "needs Python 3.12 or newer, which NumPy 2.5 asks for"; exit 2; }
echo "a good guess: in every release the same, and an error where 10^15 days are counted in microseconds"
for version in 2.4.6 2.5.5; do
    $python -m venv "$folder/$version"
    "$folder/$version/bin/python" -m pip install --quiet --disable-pip-version-check numpy==$version
    "$folder/$version/bin/python" - <<'PYTHON' | tee "$folder/$version.txt"
import numpy as np

for kind in "Mm":
    days = np.array([0, 10**15], f"{kind}8[D]")
    try:
        found = days.astype(f"{kind}8[us]")
        seen = "the same" if (found.astype(days.dtype) == days).all() else "another number of days, without a word"
    except OverflowError as error:
        seen = f"OverflowError: {error}"
    print(f"NumPy {np.__version__}, {kind}8[D] to {kind}8[us]: {seen}")
PYTHON
done
[[ $(grep --count "without a word" "$folder/2.4.6.txt") == 2 && $(grep --count "OverflowError" "$folder/2.5.5.txt") == 2 ]]
