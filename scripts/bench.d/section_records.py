"""Finding and deleting records among 100,000 snapshots with 20 tags each."""

import json
import os
import sqlite3
from statistics import median

from catalogue import populate, tag_all
from measure import MIB
from report import Target, row

SNAPSHOT_COUNT = 100_000
TAG_COUNT = 20
PAGE_COUNT = 1_000
DESCRIBE_LIMIT = 0.030
PAGE_LIMIT = 0.200
DELETE_LIMIT = 0.100
RUN_COUNT = 20

# A tag that one of twenty has, one that all have, none; a key, a value, a time.
FILTERS = {
    "tag:Key00 of 1 in 20": ["Name=tag:Key00,Values=value-7"],
    "tag:Key01=* and status": ["Name=tag:Key01,Values=value-*", "Name=status,Values=completed"],
    "tag of nobody": ["Name=tag:Key00,Values=nobody"],
    "tag-key": ["Name=tag-key,Values=Key02"],
    "tag-value": ["Name=tag-value,Values=value-7"],
    "start-time=2???-*": ["Name=start-time,Values=2???-*"],
    "description, of nobody": ["Name=description,Values=nobody*"],
}


def measure(bench):
    image = os.path.join(bench.scratch, "small.img")
    with open(image, "wb") as file:
        file.write(os.urandom(MIB))
    bench.snapctl.reset()
    # Those to be deleted are in the store, too; the others are rows only.
    ids = [bench.snapctl.create(image)[1]["SnapshotId"] for _ in range(2 * RUN_COUNT + 1)]
    count = SNAPSHOT_COUNT // 10 if bench.is_quick else SNAPSHOT_COUNT
    path = os.path.join(bench.snapctl.root, "catalogue.db")
    populate(path, ids[0], count)
    tag_all(path, TAG_COUNT)
    rows, targets = [], []
    describe(bench, some_id(path), rows, targets)
    for name, filters in FILTERS.items():
        page(bench, name, filters, rows, targets)
    delete(bench, "delete into the bin", ids[1 : RUN_COUNT + 1], [], rows, targets)
    delete(bench, "delete for good", ids[RUN_COUNT + 1 :], ["--skip-recycle-bin"], rows, targets)
    bench.snapctl.reset()
    return {"Rows": rows, "Targets": targets}


def describe(bench, snapshot, rows, targets):
    costs = [bench.snapctl.describe("--snapshot-ids", snapshot) for _ in range(RUN_COUNT)]
    if len(json.loads(costs[0].stdout)["Snapshots"][0]["Tags"]) != TAG_COUNT:
        raise RuntimeError("the described snapshot has not the tags that were given")
    add("describe one", costs, DESCRIBE_LIMIT, rows, targets)


def page(bench, name, filters, rows, targets):
    words = ["--max-results", str(PAGE_COUNT), "--filters", *filters]
    costs = [bench.snapctl.describe(*words) for _ in range(RUN_COUNT)]
    add(f"page of {PAGE_COUNT}: {name}", costs, PAGE_LIMIT, rows, targets)


def delete(bench, name, ids, options, rows, targets):
    add(name, [bench.snapctl.delete(snapshot, *options) for snapshot in ids], DELETE_LIMIT, rows, targets)


def add(name, costs, limit, rows, targets):
    seconds = median(cost.seconds for cost in costs)
    rows.append(row("snapctl", name, costs, 0))
    targets.append(Target(name, f"{seconds * 1000:.0f} ms", f"≤ {limit * 1000:.0f} ms", seconds <= limit))


def some_id(path):
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT snapshotId FROM snapshot ORDER BY id LIMIT 1 OFFSET 5000").fetchone()[0]
    finally:
        database.close()
