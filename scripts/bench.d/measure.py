"""Running one program once and saying what it cost."""

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass

MIB = 1 << 20

# The kernel counts a process's memory from before exec too, and this driver's would hide that of small programs:
# GNU time, being small itself, stands between. Followed by the file for the answer (KiB), then the program.
PEAK_OF = ["/usr/bin/time", "--quiet", "--format=%M", "--output"]


class RunFailed(Exception):
    """A program measured ended with a failure; the message holds its last words."""


@dataclass
class Cost:
    """Wall and CPU seconds, and the peak resident memory of the largest process among the program and its children."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int
    stdout: str = ""


def run(arguments, *, stdin=None, stdout=None, environment=None, sync_place=None, cold=True):
    """Runs a program to its end. `stdin` and `stdout` are paths; without `stdout` the output is kept.

    `sync_place` is for programs that do not make their result durable themselves: a path whose filesystem is
    synced before the clock stops. `cold` drops the page cache first.
    """
    if cold:
        drop_caches()
    peak = tempfile.NamedTemporaryFile()
    with open(stdin or os.devnull, "rb") as source, _sink(stdout) as sink, tempfile.TemporaryFile() as errors:
        start = time.monotonic()
        child = subprocess.Popen(
            [*PEAK_OF, peak.name, *arguments],
            stdin=source,
            stdout=sink,
            stderr=errors,
            env={**os.environ, **(environment or {})},
        )
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
        if stdout:
            os.fsync(sink.fileno())
        if sync_place:
            subprocess.run(["sync", "--file-system", sync_place], check=True)
        seconds = time.monotonic() - start
        if child.returncode != 0:
            raise RunFailed(f"{' '.join(arguments)}: exit {child.returncode}: {_text(errors)[-2000:]}")
        kept = "" if stdout else _text(sink)
    with peak:
        return Cost(seconds, usage.ru_utime + usage.ru_stime, int(peak.read()) * 1024, kept)


def drop_caches():
    """Writes back what is dirty and forgets what is cached, so that each run starts alike."""
    os.sync()
    with open("/proc/sys/vm/drop_caches", "w") as control:
        control.write("3\n")


def allocated_bytes(directory):
    """What the files in a directory occupy on the disk."""
    total = 0
    for place, _, names in os.walk(directory):
        for name in names:
            total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total


def _sink(path):
    """An output file: a device or file that exists is written in place, never truncated."""
    if path is None:
        return tempfile.TemporaryFile()
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "wb")


def _text(file):
    file.seek(0)
    return file.read().decode("utf-8", "replace")
