"""A 16 TiB sparse image with little in it: time and memory must follow what is there, not the size."""

import os

from measure import MIB
from report import Target, row
from volume import command

SPARSE_BYTES = 16 << 40
HOST_EXTRA_BYTES = 512 * MIB
MEMORY_ALLOWANCE = 32 * MIB
SECONDS_LIMIT = 10


def measure(bench):
    held_bytes = (64 if bench.is_quick else 1024) * MIB
    mount = mount_xfs(bench.scratch, 3 * held_bytes + HOST_EXTRA_BYTES)
    try:
        plain = make_image(os.path.join(mount, "plain.img"), held_bytes, held_bytes)
        sparse = make_image(os.path.join(mount, "sparse.img"), SPARSE_BYTES, held_bytes)
        bench.say("create of the plain image, then of the sparse one")
        plain_cost = create_fresh(bench, plain)
        sparse_cost = create_fresh(bench, sparse)
    finally:
        bench.snapctl.reset()
        command("umount", mount)
    rows = [
        row("snapctl", f"plain {held_bytes // MIB} MiB", [plain_cost], held_bytes),
        row("snapctl", f"sparse 16 TiB, {held_bytes // MIB} MiB in it", [sparse_cost], held_bytes),
    ]
    return {"Rows": rows, "Targets": targets(plain_cost, sparse_cost)}


def targets(plain, sparse):
    extra = sparse.peak_bytes - plain.peak_bytes
    is_quick_enough = sparse.seconds < SECONDS_LIMIT
    return [
        Target("sparse 16 TiB image", f"{sparse.seconds:.2f} s", f"< {SECONDS_LIMIT} s", is_quick_enough),
        Target("its memory beyond the plain one's", f"{extra / MIB:.0f} MiB", "≤ 32 MiB", extra <= MEMORY_ALLOWANCE),
    ]


def mount_xfs(scratch, byte_count):
    """XFS, since ext4 holds no file of 16 TiB. mount attaches the loop device and umount lets it go."""
    image, mount = os.path.join(scratch, "xfs.img"), os.path.join(scratch, "xfs")
    with open(image, "wb") as file:
        file.truncate(byte_count)
    command("mkfs.xfs", "-q", image)
    os.makedirs(mount, exist_ok=True)
    command("mount", "-o", "loop", image, mount)
    return mount


def make_image(path, byte_count, held_bytes):
    """An image with its content in 64 pieces, spread evenly over its size."""
    piece_count = 64
    piece = held_bytes // piece_count
    with open(path, "wb") as file:
        file.truncate(byte_count)
        for number in range(piece_count):
            file.seek(number * (byte_count // piece_count))
            file.write(os.urandom(piece))
    return path


def create_fresh(bench, image):
    bench.snapctl.reset()
    cost, _ = bench.snapctl.create(image)
    return cost
