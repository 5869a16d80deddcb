"""Filling a catalogue with many snapshots, without taking them."""

import secrets
import sqlite3


def populate(path, snapshot_id, count):
    """Copies the one snapshot there is until the catalogue holds `count`.

    TO BE FILLED IN WITH THE SCHEMA once Sources/SnapCatalogue has landed. Until then it goes by what it finds: the
    tables with a column that holds the id as text get one copied row for each further snapshot, with a new id. A
    schema that keeps ids otherwise (as bytes, behind a row number) needs its own statements here.
    """
    database = sqlite3.connect(path)
    try:
        places = rows_with(database, snapshot_id)
        if not places:
            raise RuntimeError("no table holds a snapshot id as text: see scripts/bench.d/catalogue.py")
        with database:
            for _ in range(count - 1):
                new_id = "snap-" + secrets.token_hex(9)[:17]
                for table, names, values in places:
                    insert_copy(database, table, names, [new_id if v == snapshot_id else v for v in values])
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        database.close()


def rows_with(database, snapshot_id):
    """(table, columns, row) wherever the id stands; a row number of its own is left to SQLite."""
    places = []
    tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    for (table,) in tables.fetchall():
        columns = database.execute(f'PRAGMA table_info("{table}")').fetchall()
        names = [c[1] for c in columns if not (c[5] == 1 and c[2].upper() == "INTEGER")]
        listed = ", ".join(f'"{name}"' for name in names)
        for values in database.execute(f'SELECT {listed} FROM "{table}"').fetchall() if names else []:
            if snapshot_id in values:
                places.append((table, names, values))
    return places


def insert_copy(database, table, names, values):
    listed = ", ".join(f'"{name}"' for name in names)
    marks = ", ".join("?" for _ in names)
    database.execute(f'INSERT INTO "{table}" ({listed}) VALUES ({marks})', values)
