"""Volumes to measure on: loop devices on image files in the scratch directory, which whoever made it gives back."""

import os
import random
import subprocess

from measure import MIB

BLOCK_BYTES = 512 << 10
FILES_SHARE = 0.45
RANDOM_SHARE = 0.20
RANDOM_FILE_BYTES = 16 * MIB


def command(*arguments):
    return subprocess.run(arguments, check=True, stdout=subprocess.PIPE, text=True).stdout.strip()


class LoopDevice:
    """An image file and the loop device on it, with direct I/O where the filesystem beneath allows that."""

    def __init__(self, image, byte_count):
        self.image = image
        self.byte_count = byte_count
        with open(image, "wb") as file:
            file.truncate(byte_count)
        try:
            self.path = command("losetup", "--find", "--show", "--direct-io=on", image)
        except subprocess.CalledProcessError:
            self.path = command("losetup", "--find", "--show", image)

    def detach(self):
        command("losetup", "--detach", self.path)

    def reset(self):
        """Back to newly allocated, unwritten space, so that each restore finds the same target."""
        command("blockdev", "--flushbufs", self.path)
        command("fallocate", "--punch-hole", "--offset", "0", "--length", str(self.byte_count), self.image)
        command("fallocate", "--keep-size", "--offset", "0", "--length", str(self.byte_count), self.image)

    def fill(self, scratch):
        """A realistic ext4: real files, incompressible ones, and free space for the rest."""
        command("mkfs.ext4", "-q", "-F", "-m", "0", self.path)
        mount = os.path.join(scratch, "mount")
        os.makedirs(mount, exist_ok=True)
        command("mount", self.path, mount)
        try:
            copied = copy_files("/usr", mount, int(self.byte_count * FILES_SHARE))
            made = write_random_files(os.path.join(mount, "random"), int(self.byte_count * RANDOM_SHARE))
        finally:
            command("umount", mount)
        return {"VolumeByteCount": self.byte_count, "FileByteCount": copied, "RandomByteCount": made}

    def change(self, share, seed):
        """Overwrites a share of the blocks, chosen by the seed, with new random content."""
        chooser = random.Random(seed)
        block_count = self.byte_count // BLOCK_BYTES
        chosen = chooser.sample(range(block_count), max(1, int(block_count * share)))
        device = os.open(self.path, os.O_WRONLY)
        try:
            for index in chosen:
                os.pwrite(device, os.urandom(BLOCK_BYTES), index * BLOCK_BYTES)
            os.fsync(device)
        finally:
            os.close(device)


def copy_files(source, target, budget):
    """Copies regular files, in the order of a walk, while they fit the budget. Returns the bytes copied."""
    chosen, used = choose_files(source, budget)
    archive = subprocess.Popen(
        ["tar", "-C", source, "--create", "--null", "--files-from", "-"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    extract = subprocess.Popen(["tar", "-C", target, "--extract"], stdin=archive.stdout)
    archive.stdout.close()
    archive.stdin.write(b"\0".join(os.fsencode(path) for path in chosen) + b"\0")
    archive.stdin.close()
    if extract.wait() != 0:
        raise RuntimeError("the real files could not be copied to the volume")
    archive.wait()
    return used


def choose_files(source, budget):
    chosen, used = [], 0
    for place, directories, names in os.walk(source):
        directories.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            if os.path.islink(path) or not os.path.isfile(path):
                continue
            size = (os.path.getsize(path) + 4095) // 4096 * 4096
            if used + size > budget:
                continue
            used += size
            chosen.append(os.path.relpath(path, source))
    return chosen, used


def write_random_files(directory, budget):
    os.mkdir(directory)
    written = 0
    while written < budget:
        size = min(RANDOM_FILE_BYTES, budget - written)
        with open(os.path.join(directory, str(written)), "wb") as file:
            file.write(os.urandom(size))
        written += size
    return written
