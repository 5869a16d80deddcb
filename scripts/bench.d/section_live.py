"""`live`: a plain disk that stays mounted and busy. How long its writers stand still, how long it takes, what tracking costs."""

import os
import time
from datetime import datetime
from statistics import median

from load import LOAD_IOPS, Load, Probe
from measure import MIB, RunFailed
from report import Target, row
from section_stall import spread, unmount
from tracking import CountedPrograms, HeldTracker
from volume import LoopDevice, command, write_random_files

VOLUME_BYTES = 4096 * MIB
QUICK_VOLUME_BYTES = 512 * MIB
RUN_COUNT = 10
QUICK_RUN_COUNT = 1
LOAD_SHARE = 8
STALL_LIMIT = 0.150
IDLE_LIMIT = 0.060
RATIO_LIMIT = 1.5
COST_LIMIT = 0.03
# The load has laid out its file by then.
SETTLING_SECONDS = 3
WRITING_SECONDS = 6
QUICK_WRITING_SECONDS = 2
# Around the freeze, for clocks and for the writes that were under way.
MARGIN_SECONDS = 0.1


def measure(bench):
    byte_count = QUICK_VOLUME_BYTES if bench.is_quick else VOLUME_BYTES
    device = LoopDevice(os.path.join(bench.scratch, "live.img"), byte_count)
    try:
        live = LiveBench(bench, device.path, byte_count)
        live.fill()
        parts = [live.busy(), live.audited(), live.idle(), live.tracked()]
    finally:
        bench.snapctl.reset()
        device.detach()
    return {name: [item for part in parts for item in part[name]] for name in ["Rows", "Targets"]}


class Mounted:
    def __init__(self, device, mount):
        self.device, self.mount = device, mount

    def __enter__(self):
        os.makedirs(self.mount, exist_ok=True)
        command("mount", self.device, self.mount)
        return self.mount

    def __exit__(self, *_):
        unmount(self.mount)


class LiveBench:
    def __init__(self, bench, device, byte_count):
        self.bench, self.device, self.byte_count = bench, device, byte_count
        self.snapctl = bench.snapctl
        self.mounted = Mounted(device, os.path.join(bench.scratch, "live"))
        self.run_count = QUICK_RUN_COUNT if bench.is_quick else RUN_COUNT
        self.load_size = f"{byte_count // LOAD_SHARE // MIB}m"
        self.failures = []

    def fill(self):
        """Half of it, with what compresses little; the load's file is part of that."""
        command("mkfs.ext4", "-q", "-F", "-m", "0", self.device)
        with self.mounted as mount:
            write_random_files(os.path.join(mount, "random"), self.byte_count // 2 - self.byte_count // LOAD_SHARE)
            with Load(mount, self.load_size):
                time.sleep(SETTLING_SECONDS)

    def first(self, method, *words):
        """A first snapshot: nothing of it is stored yet. None: it ended as error."""
        self.snapctl.reset()
        try:
            return self.snapctl.create(self.device, "--consistency", method, *words)
        except RunFailed as failure:
            self.bench.say(str(failure))
            self.failures.append(failure)
            return None

    def baseline(self):
        self.snapctl.reset()
        return self.snapctl.create(self.device, "--consistency", "exclusive")[0]

    # MARK: - Under a load

    def busy(self):
        exclusive, live, stalls, freezes, quiets, paces = [], [], [], [], [], []
        for number in range(self.run_count):
            self.bench.say(f"live: busy, run {number + 1} of {self.run_count}")
            exclusive.append(self.baseline())
            with self.mounted as mount:
                load = Load(mount, self.load_size)
                with load, Probe(mount) as probe:
                    time.sleep(SETTLING_SECONDS)
                    quiets.append(probe.longest_stall(SETTLING_SECONDS))
                    begun = time.monotonic()
                    found = self.first("live")
                    probe.wait_past(time.monotonic())
                    if found:
                        live.append(found[0])
                        freezes.append(frozen(found[1]))
                        stalls.append((probe.longest_since(begun), self.around_freeze(probe, found[1])))
                paces.append(load.reached())
        return self.busy_result(exclusive, live, stalls, freezes, quiets, paces)

    @staticmethod
    def around_freeze(probe, record):
        """The longest stall among writes at the instant, the rest being those that the disk was too busy for."""
        instant = datetime.fromisoformat(record["Snapctl"]["Consistency"]["Instant"]).timestamp()
        instant += time.monotonic() - time.time()
        margin = frozen(record) + MARGIN_SECONDS
        return probe.longest_since(instant - margin, until=instant + margin)

    def busy_result(self, exclusive, live, stalls, freezes, quiets, paces):
        self.require(live)
        longest, frozen_longest = [whole for whole, _ in stalls], [part for _, part in stalls]
        ratio = median(cost.seconds for cost in live) / median(cost.seconds for cost in exclusive)
        load = f"{median(paces):,.0f} of {LOAD_IOPS:,} writes a second reached"
        return {
            "Rows": [
                row("snapctl", "first, exclusive, unmounted", exclusive, self.byte_count),
                row("snapctl", f"first, live, {self.load_size} busy", live, self.byte_count),
            ],
            "Targets": [
                Target(
                    f"longest stall of a writer, p50 and max of {len(live)} (around the freeze: {spread(frozen_longest)}; "
                    f"frozen: {spread(freezes)}; without a snapshot: {spread(quiets)}; {load})",
                    spread(longest), f"max ≤ {STALL_LIMIT * 1000:.0f} ms", max(longest) <= STALL_LIMIT),
                Target("busy snapshots completed", f"{len(live)} of {self.run_count}", "all", len(live) == self.run_count),
                Target("first, live and busy, against exclusive", f"{ratio:.2f}", f"≤ {RATIO_LIMIT}", ratio <= RATIO_LIMIT),
            ],
        }

    def audited(self):
        """Of each the image is compared with all of the volume before that is thawed."""
        costs, freezes = [], []
        with self.mounted as mount, Load(mount, self.load_size):
            time.sleep(SETTLING_SECONDS)
            for number in range(self.run_count):
                self.bench.say(f"live: audit {number + 1} of {self.run_count}")
                found = self.first("live", "--audit")
                if found:
                    costs.append(found[0])
                    freezes.append(frozen(found[1]))
        self.require(costs)
        name = f"the image is the device (--audit; frozen for {spread(freezes)})"
        return {
            "Rows": [row("snapctl", f"first, live --audit, {self.load_size} busy", costs, self.byte_count)],
            "Targets": [
                Target(name, f"{len(costs)} of {self.run_count}", "all", len(costs) == self.run_count),
            ],
        }

    # MARK: - Idle

    def idle(self):
        costs, freezes = [], []
        with self.mounted:
            for number in range(self.run_count):
                self.bench.say(f"live: idle {number + 1} of {self.run_count}")
                found = self.first("live")
                if found:
                    costs.append(found[0])
                    freezes.append(frozen(found[1]))
        self.require(costs)
        name = f"an idle filesystem is frozen, p50 and max of {len(freezes)}"
        wanted = f"max ≤ {IDLE_LIMIT * 1000:.0f} ms"
        return {
            "Rows": [row("snapctl", "first, live, idle", costs, self.byte_count)],
            "Targets": [Target(name, spread(freezes), wanted, max(freezes) <= IDLE_LIMIT)],
        }

    # MARK: - What tracking costs

    def tracked(self):
        """Writers that nobody paces, with the tracker and without, in turn."""
        pairs = []
        with self.mounted as mount:
            self.written(mount)
            for number in range(self.run_count):
                self.bench.say(f"live: tracker, pair {number + 1} of {self.run_count}")
                both = [("with", lambda: self.tracked_writes(mount)), ("without", lambda: self.written(mount))]
                pairs.append({name: side() for name, side in (both if number % 2 else reversed(both))})
            with CountedPrograms(), HeldTracker(self.snapctl, self.device) as tracker:
                self.written(mount)
                call_count, seconds = tracker.spent()
        cost = median(1 - pair["with"] / pair["without"] for pair in pairs)
        without = median(pair["without"] for pair in pairs)
        name = (
            f"the tracker costs writers, p50 of {len(pairs)} pairs of {without:,.0f} writes a second without it "
            f"({seconds / max(call_count, 1) * 1e9:,.0f} ns a call, {call_count:,} calls)"
        )
        return {"Rows": [], "Targets": [Target(name, f"{cost * 100:.1f} %", f"≤ {COST_LIMIT * 100:.0f} %", cost <= COST_LIMIT)]}

    def tracked_writes(self, mount):
        with HeldTracker(self.snapctl, self.device):
            return self.written(mount)

    def written(self, mount):
        """Writes a second."""
        seconds = QUICK_WRITING_SECONDS if self.bench.is_quick else WRITING_SECONDS
        return Load(mount, self.load_size, iops=None, seconds=seconds).run()

    def require(self, costs):
        if not costs:
            raise self.failures[-1]


def frozen(record):
    return record["Snapctl"]["Consistency"]["FreezeMilliseconds"] / 1000
