"""Manifests of many snapshots of a large volume, made without the volume (docs/format.md, "Manifest")."""

import ctypes
import hashlib
import os
import random
import sqlite3
import struct
import subprocess
import uuid

FAN_OUT = 1024
BLOCK_BYTES = 512 << 10
CHUNK_BYTES = 200_000
BODY_OFFSET = 64
PACK_BODIES = 1000

CRC_SOURCE = """
#include <nmmintrin.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
uint32_t crc32c(const unsigned char *bytes, size_t count) {
    uint64_t crc = 0xffffffff, word;
    for (; count >= 8; count -= 8, bytes += 8) { memcpy(&word, bytes, 8); crc = _mm_crc32_u64(crc, word); }
    for (; count > 0; count--) crc = _mm_crc32_u8((uint32_t)crc, *bytes++);
    return ~(uint32_t)crc;
}
"""


def checksum_function(scratch):
    source, library = os.path.join(scratch, "crc.c"), os.path.join(scratch, "crc.so")
    with open(source, "w", encoding="ascii") as file:
        file.write(CRC_SOURCE)
    subprocess.run(["cc", "-O2", "-msse4.2", "-shared", "-fPIC", "-o", library, source], check=True)
    function = ctypes.CDLL(library).crc32c
    function.argtypes, function.restype = [ctypes.c_char_p, ctypes.c_size_t], ctypes.c_uint32
    return function


class Pages:
    """Writes pages into packs as they come, and the index of what it wrote."""

    def __init__(self, root, database, checksum):
        self.root, self.database, self.checksum = root, database, checksum
        self.known, self.rows = set(), []
        self.file, self.count = None, 0

    def add(self, page):
        digest = hashlib.sha256(page).digest()
        if digest not in self.known:
            self.known.add(digest)
            self._write(digest, page)
        return digest

    def _write(self, digest, page):
        if self.file is None or self.count == PACK_BODIES:
            self._begin()
        self.rows.append((digest, self.key, self.file.tell(), len(page), len(page), 0, self.checksum(page, len(page))))
        self.file.write(page)
        self.count += 1

    def _begin(self):
        self.finish()
        identity = uuid.uuid4()
        folder = os.path.join(self.root, "store", "packs", identity.hex[-2:])
        os.makedirs(folder, exist_ok=True)
        self.file = open(os.path.join(folder, f"{identity}.pack"), "wb")
        self.file.write(bytes(BODY_OFFSET))
        self.key, self.count = add_pack(self.database, identity, 2, PACK_BODIES), 0

    def finish(self):
        if self.file:
            self.file.close()


def add_pack(database, identity, kind, count):
    statement = "INSERT INTO pack (packId, kind, byteCount, chunkCount) VALUES (?, ?, ?, ?)"
    return database.execute(statement, (identity.bytes, kind, 32 << 20, count)).lastrowid


def tree_page(level, entries):
    """`entries` by place."""
    body = b"".join(struct.pack("<H", place) + digest for place, digest in entries)
    return struct.pack("<4sHBBII", b"SNPG", 1, 2, level, len(entries), 0) + body


class Volume:
    """A volume all of whose blocks hold something: its leaves, as lists of digests."""

    def __init__(self, leaf_count, seed):
        self.random = random.Random(seed)
        self.digests = []
        self.leaves = [[self._digest() for _ in range(FAN_OUT)] for _ in range(leaf_count)]
        self.pages = {}

    def change(self, leaf_count, block_count):
        for leaf in self.random.sample(range(len(self.leaves)), leaf_count):
            self.pages.pop(leaf, None)
            for place in self.random.sample(range(FAN_OUT), block_count):
                self.leaves[leaf][place] = self._digest()

    def _digest(self):
        digest = self.random.randbytes(32)
        self.digests.append(digest)
        return digest

    def store(self, pages):
        """The id of the root page."""
        for leaf, digests in enumerate(self.leaves):
            if leaf not in self.pages:
                self.pages[leaf] = pages.add(tree_page(0, list(enumerate(digests))))
        level, ids = 0, [self.pages[leaf] for leaf in range(len(self.leaves))]
        while len(ids) > 1:
            level += 1
            groups = [ids[start : start + FAN_OUT] for start in range(0, len(ids), FAN_OUT)]
            ids = [pages.add(tree_page(level, list(enumerate(group)))) for group in groups]
        header = struct.pack("<4sHBBII", b"SNPG", 1, 1, level, 1, 0)
        return pages.add(header + struct.pack("<QII", self.byte_count, BLOCK_BYTES, 0) + ids[0])

    @property
    def byte_count(self):
        return len(self.leaves) * FAN_OUT * BLOCK_BYTES


def simulate(root, scratch, snapshot_count, leaf_count, changed_leaves, changed_blocks, seed):
    """Replaces the one snapshot of a root by many, each of which differs from the last in a few blocks of a few leaves."""
    database = sqlite3.connect(os.path.join(root, "catalogue.db"))
    database.row_factory = sqlite3.Row
    with database:
        row = dict(database.execute("SELECT * FROM snapshot").fetchone())
        database.execute("DELETE FROM snapshot")
        pages, volume = Pages(root, database, checksum_function(scratch)), Volume(leaf_count, seed)
        for number in range(snapshot_count):
            if number:
                volume.change(changed_leaves, changed_blocks)
            add_snapshot(database, row, number, volume.store(pages), volume.byte_count)
        pages.finish()
        data = add_pack(database, uuid.uuid4(), 1, len(volume.digests))
        rows = pages.rows + [(digest, data, BODY_OFFSET, CHUNK_BYTES, BLOCK_BYTES, 1, 0) for digest in volume.digests]
        columns = "digest, pack, offset, storedByteCount, plainByteCount, codec, checksum"
        database.executemany(f"INSERT INTO chunk ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", sorted(rows))
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()


def add_snapshot(database, row, number, manifest_root, byte_count):
    copy = {key: value for key, value in row.items() if key != "id"}
    copy.update(
        snapshotId=f"snap-{number:017x}", startTime=row["startTime"] + 60_000 * number, manifestRoot=manifest_root,
        volumeByteCount=byte_count, processedByteCount=byte_count, fullByteCount=byte_count,
    )
    marks = ", ".join("?" for _ in copy)
    database.execute(f"INSERT INTO snapshot ({', '.join(copy)}) VALUES ({marks})", tuple(copy.values()))
