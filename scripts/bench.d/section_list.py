"""`snapctl list` over a catalogue of 10,000 snapshots."""

import os
from statistics import median

from catalogue import populate
from measure import MIB
from report import Target, row

SNAPSHOT_COUNT = 10_000
SECONDS_LIMIT = 0.050
RUN_COUNT = 10


def measure(bench):
    image = os.path.join(bench.scratch, "small.img")
    with open(image, "wb") as file:
        file.write(os.urandom(MIB))
    bench.snapctl.reset()
    _, record = bench.snapctl.create(image)
    populate(os.path.join(bench.snapctl.root, "catalogue.db"), record["SnapshotId"], SNAPSHOT_COUNT)
    costs = [bench.snapctl.list(cold=False) for _ in range(RUN_COUNT)]
    bench.snapctl.reset()
    listed = costs[0].stdout.count('"SnapshotId"')
    if listed != SNAPSHOT_COUNT:
        raise RuntimeError(f"snapctl list names {listed} snapshots, not {SNAPSHOT_COUNT}")
    seconds = median(cost.seconds for cost in costs)
    target = Target("list of 10,000 snapshots", f"{seconds * 1000:.0f} ms", "≤ 50 ms", seconds <= SECONDS_LIMIT)
    return {"Rows": [row("snapctl", "list of 10,000", costs, 0)], "Targets": [target]}
