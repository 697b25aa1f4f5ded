#!/usr/bin/env bash
# Of a scheduler that is gone a Dask client raises no error of a connection: what it waits for is cancelled, without a word, and it tells of no workers.
set -euo pipefail
folder=$(mktemp -d)
trap 'kill -KILL "${scheduler:-}" 2>/dev/null || true; rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check distributed==2026.8.0
cd "$folder"
venv/bin/dask scheduler --host 127.0.0.1 --port 0 --no-dashboard --scheduler-file address.json >scheduler.log 2>&1 &
scheduler=$!
disown
until test -s address.json; do sleep 0.2; done
venv/bin/python - "$scheduler" <<'PYTHON' 2>/dev/null
import concurrent.futures
import os
import signal
import sys
import time

import distributed

client = distributed.Client(scheduler_file="address.json")
future = client.get_executor(pure=False).submit(sum, [1, 2])  # nobody is there who could do it
os.kill(int(sys.argv[1]), signal.SIGKILL)
ended = "nothing"
try:
    future.result(timeout=20)
except concurrent.futures.CancelledError as error:
    ended = f"CancelledError({str(error)!r})"
except Exception as error:
    ended = type(error).__name__
time.sleep(1)
told = dict(client.scheduler_info())
print(f"distributed {distributed.__version__}: a good guess is an error that names the connection")
print(f"seen: {ended}; and then scheduler_info() returns {told}", flush=True)
os._exit(0 if ended == "CancelledError('')" and told == {} else 1)
PYTHON
