"""snapctl against the yardstick in pairs, then the peers: first, unchanged, changed, restore, verify."""

import os
from statistics import median

from measure import MIB, allocated_bytes
from peers import installed_peers
from report import Target, row
from volume import LoopDevice

CHANGED_SHARE = 0.01
PEAK_LIMIT = 192 * MIB
RATIO_WANTED = {"first": 0.9, "unchanged": 0.95, "restore": 0.8}
YARDSTICK_WORK = {"first": "pack", "unchanged": "hash", "changed 1 %": "hash", "restore": "write", "verify": "hash"}


class Pairs:
    """The costs of both sides of one kind of work, pair by pair."""

    def __init__(self, work):
        self.work = work
        self.ours, self.floor = [], []
        self.stored = None

    def ratios(self):
        return [floor.seconds / ours.seconds for ours, floor in zip(self.ours, self.floor)]

    def rows(self, volume_bytes):
        floor_name = "yardstick " + YARDSTICK_WORK[self.work]
        return [
            row("snapctl", self.work, self.ours, volume_bytes, self.stored, self.ratios()),
            row(floor_name, self.work, self.floor, volume_bytes),
        ]


class PairedBench:
    def __init__(self, bench, volume, target):
        self.bench, self.volume, self.target = bench, volume, target
        self.snapctl, self.yardstick = bench.snapctl, bench.yardstick
        self.snapshot = None

    def all(self):
        return [
            self.pairs("first", self.first, lambda: self.yardstick.pack(self.volume.path)),
            self.pairs("unchanged", self.create, self.hash),
            self.pairs("changed 1 %", self.create, self.hash, before=self.change),
            self.pairs("restore", self.restore, self.write),
            self.pairs("verify", lambda: self.snapctl.verify(self.snapshot), self.hash),
        ]

    def pairs(self, work, ours, floor, before=lambda run_number: None):
        """Runs both sides in turn, the order changing with every pair, since machines drift."""
        pairs = Pairs(work)
        for run_number in range(self.bench.run_count):
            before(run_number)
            self.bench.say(f"{work}: pair {run_number + 1} of {self.bench.run_count}")
            both = [lambda: pairs.ours.append(ours()), lambda: pairs.floor.append(floor())]
            for side in both if run_number % 2 else reversed(both):
                side()
        pairs.stored = allocated_bytes(self.snapctl.root) if work == "first" else self.new_bytes(work)
        return pairs

    def first(self):
        self.snapctl.reset()
        return self.create()

    def create(self):
        held = allocated_bytes(self.snapctl.root)
        cost, record = self.snapctl.create(self.volume.path)
        self.snapshot = record["SnapshotId"]
        self.grown = allocated_bytes(self.snapctl.root) - held
        return cost

    def new_bytes(self, work):
        return self.grown if work.startswith(("unchanged", "changed")) else None

    def change(self, run_number):
        self.volume.change(CHANGED_SHARE, seed=run_number)

    def hash(self):
        return self.yardstick.hash(self.volume.path)

    def restore(self):
        self.target.reset()
        return self.snapctl.restore(self.snapshot, self.target.path)

    def write(self):
        self.target.reset()
        return self.yardstick.write(self.volume.path, self.target.path)


def peer_rows(bench, volume, target):
    rows = []
    for kind in installed_peers():
        bench.say(f"peer: {kind.name}")
        try:
            rows += measure_peer(kind(bench.scratch), bench, volume, target)
        except Exception as error:  # a peer that fails is no fault of ours: said, and left out
            bench.say(f"{kind.name} left out: {error}")
    return rows


def measure_peer(peer, bench, volume, target):
    try:
        peer.prepare()
        first = [peer.make(volume.path)]
        stored = peer.stored_bytes()
        unchanged = [peer.make(volume.path) for _ in range(bench.peer_run_count)]
        grown = peer.stored_bytes() - stored
        restored = []
        for _ in range(bench.peer_run_count):
            target.reset()
            restored.append(peer.restore(target.path))
        works = [("first", first, stored), ("unchanged", unchanged, grown), ("restore", restored, None)]
        return [row(peer.name, work, costs, volume.byte_count, held) for work, costs, held in works]
    finally:
        peer.remove()


def targets(all_pairs, rows, peer_lines):
    found = []
    for pairs in all_pairs:
        if pairs.work in RATIO_WANTED:
            ratio, wanted = median(pairs.ratios()), RATIO_WANTED[pairs.work]
            name = f"{pairs.work} against the yardstick's {YARDSTICK_WORK[pairs.work]}"
            found.append(Target(name, f"{ratio:.2f}", f"≥ {wanted}", ratio >= wanted))
    found += [peer_target(all_pairs, line) for line in peer_lines]
    peak = max(cost.peak_bytes for pairs in all_pairs[:3] for cost in pairs.ours)
    found.append(Target("peak memory of a create", f"{peak / MIB:.0f} MiB", "≤ 192 MiB", peak <= PEAK_LIMIT))
    return found


def peer_target(all_pairs, line):
    pairs = next(pairs for pairs in all_pairs if pairs.work == line["Work"])
    ours = median(cost.seconds for cost in pairs.ours)
    name = f"{line['Work']} ahead of {line['Program']}"
    return Target(name, f"{ours:.2f} s", f"< {line['Seconds']:.2f} s", ours < line["Seconds"])


def measure(bench):
    volume = LoopDevice(os.path.join(bench.scratch, "volume.img"), bench.byte_count)
    target = LoopDevice(os.path.join(bench.scratch, "target.img"), bench.byte_count)
    try:
        bench.say(f"filling {volume.path}")
        contents = volume.fill(bench.scratch)
        all_pairs = PairedBench(bench, volume, target).all()
        bench.snapctl.reset()
        peer_lines = peer_rows(bench, volume, target) if bench.peer_run_count else []
    finally:
        volume.detach()
        target.detach()
    rows = [line for pairs in all_pairs for line in pairs.rows(bench.byte_count)] + peer_lines
    # Over so few bytes as --quick has, start-up decides: figures are shown, none is judged.
    judged = [] if bench.is_quick else targets(all_pairs, rows, peer_lines)
    return {"Rows": rows, "Contents": contents, "Targets": judged}
