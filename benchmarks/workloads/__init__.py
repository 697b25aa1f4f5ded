"""The workloads, by name."""

from benchmarks.workload import Workload
from benchmarks.workloads import b1, b2, b3, b4, b6, b7, b8, c1, c3, p, r

WORKLOADS: dict[str, Workload] = {
    workload.name: workload
    for workload in (
        b1.WORKLOAD,
        b2.WORKLOAD,
        b3.ADAM,
        b3.OWN,
        b4.B4,
        b4.B5,
        *b6.WORKLOADS,
        b7.WORKLOAD,
        b8.WORKLOAD,
        *c1.ONE,
        c1.THIRTY,
        c3.WORKLOAD,
        *r.WORKLOADS,
        p.MANY,
        p.ONE,
    )
}
