#!/usr/bin/env bash
# A Dask cluster that is told to have no dashboard still listens on the dashboard's port, on every address of the machine.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check distributed==2026.8.0
cd "$folder"
cat >cluster.py <<'PYTHON'
import socket
import sys
import warnings

import distributed

if __name__ == "__main__":
    warnings.simplefilter("ignore")  # of a port that is taken, where another one is
    with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=None) as cluster:
        port = cluster.scheduler.http_server.port
        address = next(iter(cluster.scheduler.http_server._sockets.values())).getsockname()[0]
        with socket.create_connection(("127.0.0.1", port), 5):
            listens = True
    print("distributed", distributed.__version__)
    print("a good guess: dashboard_address=None, 'to disable the dashboard', opens no port")
    print(f"an HTTP server listened on {address!r}, port {port}")
    sys.exit(not (listens and address in ("0.0.0.0", "::")))
PYTHON
venv/bin/python cluster.py
