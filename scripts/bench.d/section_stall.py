"""How long writers are held up by the point in time of a mounted, busy filesystem, and when create answers."""

import os
import subprocess
import time
from statistics import median

from load import Load, Probe
from measure import MIB
from report import Target, row
from section_sparse import mount_xfs
from volume import command

VOLUME_BYTES = 2048 * MIB
HOST_BYTES = 6144 * MIB
RUN_COUNT = 30
STALL_LIMIT = 0.250
ANSWER_LIMIT = 1.0
# Between two creates, so that each meets a filesystem that is busy and not one that is catching up.
PAUSE_SECONDS = 1.0
# How much of the filesystem is written to at random. Every block that is written after a clone becomes an extent of its
# own in the image, and the next clone pays for each: a busy database, and the worst that one image can get.
LOADS = ["64m", "512m"]
UNMOUNT_ATTEMPTS = 20


def measure(bench):
    loads = LOADS[:1] if bench.is_quick else LOADS
    results = [measure_load(bench, load) for load in loads]
    return {name: [item for result in results for item in result[name]] for name in ["Rows", "Targets"]}


def measure_load(bench, size):
    run_count = 3 if bench.is_quick else RUN_COUNT
    host = mount_xfs(bench.scratch, HOST_BYTES)
    image = os.path.join(host, "volume.img")
    mount = os.path.join(bench.scratch, "busy")
    os.makedirs(mount, exist_ok=True)
    with open(image, "wb") as file:
        file.truncate(VOLUME_BYTES)
    command("mkfs.ext4", "-q", "-F", image)
    command("mount", "-o", "loop", image, mount)
    device = command("findmnt", "--noheadings", "--output", "SOURCE", mount)
    try:
        return measure_busy(bench, device, mount, run_count, size, image)
    finally:
        for place in [mount, host]:
            unmount(place)
        bench.snapctl.reset()


def unmount(place):
    """A worker that has completed its snapshot may still be giving its clone back."""
    for attempt in range(UNMOUNT_ATTEMPTS):
        if subprocess.run(["umount", place], stderr=subprocess.DEVNULL).returncode == 0:
            return
        time.sleep(0.5)
    raise RuntimeError(f"{place} cannot be unmounted")


def measure_busy(bench, device, mount, run_count, size, image):
    bench.say(f"{run_count} clones of a filesystem under fio and a probe, {size} written to at random")
    with Load(mount, size), Probe(mount) as probe:
        time.sleep(3)
        quiet = probe.longest_stall(PAUSE_SECONDS * run_count)
        stalls, costs, freezes = [], [], []
        for _ in range(run_count):
            begun = time.monotonic()
            cost, record = bench.snapctl.create(device, waits=False, cold=False)
            probe.wait_past(time.monotonic() + 0.2)
            stalls.append(probe.longest_since(begun))
            costs.append(cost)
            freezes.append(record["Snapctl"]["Consistency"]["FreezeMilliseconds"] / 1000)
            bench.snapctl.wait(record["SnapshotId"])
            time.sleep(PAUSE_SECONDS)
        extents = int(command("filefrag", image).split()[-3])
    name = f"clone, {size} busy, {extents:,} extents at the end"
    rows = [row("snapctl", f"create --consistency clone, ext4, {size} busy", costs, VOLUME_BYTES)]
    return {"Rows": rows, "Targets": targets(name, stalls, costs, freezes, quiet)}


def targets(method, stalls, costs, freezes, quiet):
    answers = [cost.seconds for cost in costs]
    return [
        Target(
            f"{method}: longest stall of a writer, p50 and max of {len(stalls)} "
            f"(frozen: {spread(freezes)}; without a snapshot: max {quiet * 1000:.0f} ms)",
            spread(stalls), f"max ≤ {STALL_LIMIT * 1000:.0f} ms", max(stalls) <= STALL_LIMIT),
        Target(
            f"{method}: create answers, p50 and max of {len(answers)}",
            spread(answers), f"≤ {ANSWER_LIMIT:.0f} s", max(answers) <= ANSWER_LIMIT),
    ]


def spread(seconds):
    return f"{median(seconds) * 1000:.0f} and {max(seconds) * 1000:.0f} ms"
