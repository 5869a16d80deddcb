"""`snapctl list --sizes` of a volume of 1 TiB with 1,000 snapshots, whose manifests are made without it."""

import json
import os
from statistics import median

from manifests import CHUNK_BYTES, simulate
from measure import MIB, run
from report import Target, row

SNAPSHOT_COUNT = 1_000
LEAF_COUNT = 2_048
# 2 % of the leaves, 16 blocks of each: 328 MiB of changes between two snapshots.
CHANGED_LEAVES = 41
CHANGED_BLOCKS = 16
SECONDS_LIMIT = 2.0
RUN_COUNT = 5


def measure(bench):
    image = os.path.join(bench.scratch, "small.img")
    with open(image, "wb") as file:
        file.write(os.urandom(MIB))
    bench.snapctl.reset()
    bench.snapctl.create(image)
    count = 50 if bench.is_quick else SNAPSHOT_COUNT
    simulate(bench.snapctl.root, bench.scratch, count, LEAF_COUNT, CHANGED_LEAVES, CHANGED_BLOCKS, seed=1)
    command = [bench.snapctl.path, "list", "--sizes", "--output", "json", "--root", bench.snapctl.root]
    first = run(command, cold=False)
    costs = [run(command, cold=False) for _ in range(RUN_COUNT)]
    bench.snapctl.reset()
    check(json.loads(costs[0].stdout)["Snapshots"], count)
    seconds = median(cost.seconds for cost in costs)
    target = Target(
        f"list --sizes of {count:,} snapshots of 1 TiB", f"{seconds:.2f} s", f"≤ {SECONDS_LIMIT:.0f} s",
        seconds <= SECONDS_LIMIT,
    )
    rows = [
        row("snapctl", "list --sizes, manifests not read yet", [first], 0),
        row("snapctl", "list --sizes", costs, 0),
    ]
    return {"Rows": rows, "Targets": [target]}


def check(snapshots, count):
    """The last snapshot shares what it did not change itself, the chunks of the others between them are not its own."""
    sizes = [snapshot["Snapctl"]["Sizes"] for snapshot in snapshots]
    chunks = LEAF_COUNT * 1_024 * CHUNK_BYTES
    exclusive = CHANGED_LEAVES * CHANGED_BLOCKS * CHUNK_BYTES
    own = sizes[0]["ExclusiveByteCount"]
    if len(sizes) != count or sizes[0]["StoredByteCount"] < chunks or not exclusive <= own < 1.1 * exclusive:
        raise RuntimeError(f"list --sizes tells of {len(sizes)} snapshots, the last with {own} bytes of its own")
