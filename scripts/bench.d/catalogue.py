"""Filling a catalogue with many snapshots, without taking them (the schema is Sources/SnapCatalogue/Schema.swift)."""

import secrets
import sqlite3


def populate(path, snapshot_id, count):
    """Copies the one snapshot there is, a minute apart, until the catalogue holds `count`."""
    database = sqlite3.connect(path)
    try:
        database.row_factory = sqlite3.Row
        with database:
            row = dict(database.execute("SELECT * FROM snapshot WHERE snapshotId = ?", (snapshot_id,)).fetchone())
            for number in range(1, count):
                add_copy(database, row, number)
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def add_copy(database, row, number):
    copy = {key: value for key, value in row.items() if key != "id"}
    copy["snapshotId"] = "snap-" + secrets.token_hex(9)[:17]
    copy["startTime"] += 60_000 * number
    copy["completionTime"] += 60_000 * number
    marks = ", ".join("?" for _ in copy)
    database.execute(f"INSERT INTO snapshot ({', '.join(copy)}) VALUES ({marks})", tuple(copy.values()))


def tag_all(path, count):
    """Gives every snapshot `count` tags, with one of twenty values each."""
    database = sqlite3.connect(path)
    try:
        with database:
            ids = [row[0] for row in database.execute("SELECT snapshotId FROM snapshot ORDER BY snapshotId")]
            database.executemany(
                "INSERT INTO tag (resourceId, key, value) VALUES (?, ?, ?)",
                (
                    (snapshot, f"Key{key:02}", f"value-{(number + key) % 20}")
                    for number, snapshot in enumerate(ids)
                    for key in range(count)
                ),
            )
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()
