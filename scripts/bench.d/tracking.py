"""The tracker of `live` without its copy: what the kernel does for it at each request, and nothing else."""

import glob
import os
import signal
import time

STATISTICS = "/proc/sys/kernel/bpf_stats_enabled"
START_LIMIT = 20
PROGRAM = "anon_inode:bpf-prog"
EVENT = "anon_inode:[perf_event]"
# Of one disk: of what is asked for, and of what has ended.
WATCH_COUNT = 2


class HeldTracker:
    """A create by `live` whose worker is stopped while it copies: nothing is read, and the kernel goes on noting writes."""

    def __init__(self, snapctl, device):
        self.snapctl, self.device = snapctl, device
        self.worker = None

    def __enter__(self):
        self.command = self.snapctl.start("create", "--volume", self.device, "--consistency", "live", "--wait")
        try:
            self.hold()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        # The worker first: a command that goes lets it end by itself, in order.
        if self.worker is not None:
            os.kill(self.worker, signal.SIGKILL)
        self.command.kill()
        self.command.wait()
        while self.worker is not None and os.path.exists(f"/proc/{self.worker}"):
            time.sleep(0.01)
        self.snapctl.reset()

    def hold(self):
        limit = time.monotonic() + START_LIMIT
        while time.monotonic() < limit and self.command.poll() is None:
            time.sleep(0.005)
            self.worker = self.worker or child_of(self.command.pid)
            if self.worker is None or not self.is_copying():
                continue
            os.kill(self.worker, signal.SIGSTOP)
            # It may have gone on meanwhile.
            if self.is_copying():
                return
            os.kill(self.worker, signal.SIGCONT)
        raise RuntimeError("no worker tracks the volume")

    def is_copying(self):
        """Both watches are there. What is only tried out is attached to nothing."""
        names = list(self.opened().values())
        return all(names.count(name) >= WATCH_COUNT for name in [PROGRAM, EVENT]) and self.device in names

    def opened(self):
        found = {}
        for place in glob.glob(f"/proc/{self.worker}/fd/*"):
            try:
                found[os.path.basename(place)] = os.readlink(place)
            except OSError:  # closed meanwhile
                continue
        return found

    def programs(self):
        return [number for number, name in self.opened().items() if name == PROGRAM]

    def spent(self):
        """How often its programs were called, and for how many seconds in all, while that was counted."""
        counts = [self.counts(number) for number in self.programs()]
        return sum(count["run_cnt"] for count in counts), sum(count["run_time_ns"] for count in counts) / 1e9

    def counts(self, number):
        with open(f"/proc/{self.worker}/fdinfo/{number}") as file:
            pairs = [line.split(":", 1) for line in file]
        return {name: int(value) for name, value in pairs if name in ["run_cnt", "run_time_ns"]}


class CountedPrograms:
    """While this lasts the kernel counts what its programs take; that costs something, too."""

    def __enter__(self):
        with open(STATISTICS) as file:
            self.before = file.read()
        self.write("1")

    def __exit__(self, *_):
        self.write(self.before)

    @staticmethod
    def write(text):
        with open(STATISTICS, "w") as file:
            file.write(text)


def child_of(process):
    for place in glob.glob(f"/proc/{process}/task/*/children"):
        with open(place) as file:
            numbers = file.read().split()
        if numbers:
            return int(numbers[0])
    return None
