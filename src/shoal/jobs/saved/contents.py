"""Every name that a job gives in its folder, so that no other is ever removed."""

from __future__ import annotations

import re

from shoal.files import Contents
from shoal.jobs.saved.layout import EARLIER, GONE, LOCK, NEW, PLAN, RESULTS, ROWS, STUDY, TRIED
from shoal.selection.store.trial_store import CONTENTS as STORE

OF_TRIED: Contents = {r"[0-9a-f]{32}-\d+\.safetensors": None}
OF_RESULTS: Contents = {re.escape(name): None for name in RESULTS}
OF_EARLIER: Contents = {re.escape(PLAN): None, STUDY: STORE, TRIED: OF_TRIED}
OF_LOCK: Contents = {rf"{re.escape(LOCK)}(-journal|-wal|-shm)?": None}
WORKINGS: Contents = {re.escape(ROWS): None, STUDY: STORE, TRIED: OF_TRIED, re.escape(NEW): OF_RESULTS}
"""What a job works with, and begins anew without."""
CONTENTS: Contents = {
    **OF_RESULTS,
    **WORKINGS,
    **OF_LOCK,
    re.escape(PLAN): None,
    re.escape(EARLIER): OF_EARLIER,
    re.escape(GONE): OF_EARLIER,
}
