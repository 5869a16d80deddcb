"""Writers on a mounted filesystem: a load, and a probe that notes how long its writes are held up."""

import json
import os
import subprocess
import sys
import threading
import time

LOAD_IOPS = 2000


class Load:
    """Random 4 KiB writes with fsyncs, by fio: so many a second, or as many as it gets done; for so long, or until it is ended."""

    def __init__(self, mount, size, iops=LOAD_IOPS, seconds=3600):
        self.report = os.path.join(mount, "load.json")
        pace = [f"--rate_iops={iops}"] if iops else []
        self.arguments = [
            "fio", "--name=load", f"--directory={mount}", "--rw=randwrite", "--bs=4k", f"--size={size}",
            "--ioengine=psync", "--fsync=32", *pace, "--time_based", f"--runtime={seconds}",
            "--output-format=json", f"--output={self.report}",
        ]

    def __enter__(self):
        self.process = subprocess.Popen(self.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def run(self):
        """To its end. Writes a second."""
        subprocess.run(self.arguments, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
        return self.reached()

    def reached(self):
        """Writes a second, once it has ended. Words of fio's own may stand before the JSON."""
        with open(self.report) as file:
            text = file.read()
        return json.loads(text[text.index("{"):])["jobs"][0]["write"]["iops"]


class Probe:
    """A writer that notes when each of its durable writes began and ended."""

    PROGRAM = """
import os, sys, time
file = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT, 0o600)
while True:
    begun = time.monotonic()
    os.pwrite(file, b'x' * 4096, 0)
    os.fdatasync(file)
    print(f'{begun} {time.monotonic()}', flush=True)
    time.sleep(0.002)
"""

    def __init__(self, mount):
        self.path = os.path.join(mount, "probe")
        self.writes = []

    def __enter__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", self.PROGRAM, self.path], stdout=subprocess.PIPE, text=True)
        self.listener = threading.Thread(target=self.listen)
        self.listener.start()
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.listener.join()

    def listen(self):
        """At any time: a writer whose words nobody takes would stand still by that."""
        for line in self.process.stdout:
            begun, ended = map(float, line.split())
            self.writes.append((begun, ended))

    def wait_past(self, instant):
        """Until the writer has ended a write that it began after the instant."""
        while not self.writes or self.writes[-1][0] <= instant:
            if self.process.poll() is not None:
                raise RuntimeError("the probe has ended")
            time.sleep(0.01)

    def longest_since(self, instant, until=float("inf")):
        return max(ended - begun for begun, ended in list(self.writes) if ended >= instant and begun <= until)

    def longest_stall(self, seconds):
        begun = time.monotonic()
        self.wait_past(begun + seconds)
        return self.longest_since(begun)
