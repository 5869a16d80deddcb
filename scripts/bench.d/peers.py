"""Other programs that can keep an image of a volume, each as its own manual would have a block device kept.

What they store is synced before the clock stops, as snapctl's is. borg: no encryption, LZ4, fixed 4 MiB chunks, as its
manual advises for block devices. restic: as it comes (it always encrypts; automatic compression), fed by stdin,
since it does not read devices. casync: as it comes. qemu-img and dd copy the whole each time: uncached, and synced.
"""

import os
import shutil

from measure import allocated_bytes, run


class Peer:
    """A program with its own empty place. `make` names each image anew; `restore` restores the last."""

    name = ""
    program = ""

    def __init__(self, scratch):
        self.place = os.path.join(scratch, "peer-" + self.name)
        self.repository = os.path.join(self.place, "repository")
        self.count = 0
        self.environment = {"HOME": self.place, "XDG_CACHE_HOME": os.path.join(self.place, "cache")}
        shutil.rmtree(self.place, ignore_errors=True)
        os.mkdir(self.place)

    def prepare(self):
        os.mkdir(self.repository)

    def make(self, volume):
        self.count += 1
        return self._run(self.make_arguments(volume))

    def restore(self, target):
        return self._run(self.restore_arguments(target))

    def stored_bytes(self):
        return allocated_bytes(self.repository)

    def remove(self):
        shutil.rmtree(self.place, ignore_errors=True)

    def _run(self, arguments, **options):
        return run(arguments, environment=self.environment, sync_place=self.place, **options)


class Borg(Peer):
    name = program = "borg"

    def prepare(self):
        self.environment["BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK"] = "yes"
        self._run(["borg", "init", "--encryption", "none", self.repository])

    def make_arguments(self, volume):
        self.volume = volume
        options = ["--read-special", "--compression", "lz4", "--chunker-params", "fixed,4194304"]
        return ["borg", "create", *options, f"{self.repository}::{self.count}", volume]

    def restore(self, target):
        archive = f"{self.repository}::{self.count}"
        return self._run(["borg", "extract", "--stdout", archive, self.volume.lstrip("/")], stdout=target)


class Restic(Peer):
    name = program = "restic"

    def prepare(self):
        self.environment["RESTIC_PASSWORD"] = "benchmark"
        self.environment["RESTIC_REPOSITORY"] = self.repository
        self._run(["restic", "init"])

    def make(self, volume):
        return self._run(["restic", "backup", "--stdin", "--stdin-filename", "volume"], stdin=volume)

    def restore(self, target):
        return self._run(["restic", "dump", "latest", "volume"], stdout=target)


class Casync(Peer):
    name = program = "casync"

    def make_arguments(self, volume):
        return ["casync", "make", f"--store={self.repository}", os.path.join(self.place, "i.caibx"), volume]

    def restore_arguments(self, target):
        return ["casync", "extract", f"--store={self.repository}", os.path.join(self.place, "i.caibx"), target]


class QemuImg(Peer):
    name = program = "qemu-img"

    def make_arguments(self, volume):
        image = os.path.join(self.repository, "image.qcow2")
        return ["qemu-img", "convert", "-T", "none", "-t", "none", "-W", "-f", "raw", "-O", "qcow2", volume, image]

    def restore_arguments(self, target):
        image = os.path.join(self.repository, "image.qcow2")
        options = ["-n", "-T", "none", "-t", "none", "-W", "-f", "qcow2", "-O", "raw"]
        return ["qemu-img", "convert", *options, image, target]


class Dd(Peer):
    name = program = "dd"
    options = ["bs=4M", "iflag=direct", "oflag=direct", "conv=fsync,notrunc", "status=none"]

    def make_arguments(self, volume):
        return ["dd", f"if={volume}", f"of={self.repository}/image", *self.options]

    def restore_arguments(self, target):
        return ["dd", f"if={self.repository}/image", f"of={target}", *self.options]


def installed_peers():
    return [peer for peer in (Borg, Restic, Casync, QemuImg, Dd) if shutil.which(peer.program)]
