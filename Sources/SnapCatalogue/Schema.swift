internal import GRDB
internal import SnapModel

/// The tables of the catalogue, and the steps from each version of them to the next.
///
/// A step that was released is never edited: what changes is a new step. Times are milliseconds since 1970 in UTC,
/// digests and pack ids are their bytes, counts are bytes.
enum Schema {
    /// Marks the file as a catalogue of snapctl (https://www.sqlite.org/pragma.html#pragma_application_id): "SNPC".
    static let applicationID: UInt32 = 0x534e_5043

    /// What makes an empty database, or one of an earlier version, a catalogue of `store`.
    static func migrator(for store: StoreID) -> DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("v1", foreignKeyChecks: .immediate) { database in
            try database.execute(sql: v1)
            try database.execute(
                sql: "INSERT INTO meta (key, value) VALUES ('store', ?)",
                arguments: [store.rawValue]
            )
        }
        migrator.registerMigration("v2", foreignKeyChecks: .immediate) { try $0.execute(sql: v2) }
        migrator.registerMigration("v3", foreignKeyChecks: .immediate) { try $0.execute(sql: v3) }
        migrator.registerMigration("v4", foreignKeyChecks: .immediate) { try $0.execute(sql: v4) }
        return migrator
    }

    static let v1 = """
        -- Facts about the catalogue itself. store: the id of the store it belongs to.
        CREATE TABLE meta (
            key   TEXT NOT NULL PRIMARY KEY,
            value TEXT NOT NULL
        ) STRICT, WITHOUT ROWID;

        -- An addressed byte space that was imaged at least once.
        CREATE TABLE volume (
            id         INTEGER PRIMARY KEY,
            volumeId   TEXT    NOT NULL UNIQUE,          -- vol-…
            strength   TEXT    NOT NULL,                 -- of the identity: strong, weak
            identity   TEXT    NOT NULL,
            path       TEXT    NOT NULL,                 -- where it was last seen,
            byteCount  INTEGER NOT NULL,                 -- its size then,
            seenTime   INTEGER NOT NULL,                 -- and when
            createTime INTEGER NOT NULL,
            encrypted  INTEGER NOT NULL DEFAULT 0,
            kmsKeyId   TEXT
        ) STRICT;

        -- Not unique: weak identities are shared, and a store whose catalogue was lost may know one volume by two ids.
        CREATE INDEX volumeByIdentity ON volume (identity);

        -- The data encryption keys: all volumes and snapshots under one are a lineage.
        CREATE TABLE lineage (
            dataEncryptionKeyId TEXT NOT NULL PRIMARY KEY,
            kmsKeyId            TEXT NOT NULL,
            createTime          INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE snapshot (
            id                  INTEGER PRIMARY KEY,
            snapshotId          TEXT    NOT NULL UNIQUE, -- snap-…
            volume              INTEGER NOT NULL REFERENCES volume (id),
            state               TEXT    NOT NULL,        -- pending, completed, error
            stateMessage        TEXT,
            startTime           INTEGER NOT NULL,
            completionTime      INTEGER,
            ownerId             TEXT    NOT NULL,
            description         TEXT    NOT NULL,
            consistency         TEXT    NOT NULL,        -- how the point in time was made
            volumeByteCount     INTEGER NOT NULL,
            processedByteCount  INTEGER NOT NULL,
            manifestRoot        BLOB,                    -- this and the counts below: known once completed
            fullByteCount       INTEGER,
            newByteCount        INTEGER,
            storedByteCount     INTEGER,
            worker              TEXT,                    -- the process that carries it on, while it is pending
            encrypted           INTEGER NOT NULL DEFAULT 0,
            dataEncryptionKeyId TEXT REFERENCES lineage (dataEncryptionKeyId),
            kmsKeyId            TEXT
        ) STRICT;

        CREATE INDEX snapshotByStart ON snapshot (startTime);
        CREATE INDEX snapshotByVolume ON snapshot (volume, state, startTime);
        CREATE INDEX snapshotByState ON snapshot (state, startTime);

        -- Tags of volumes and snapshots, by the id of the resource.
        CREATE TABLE tag (
            resourceId TEXT NOT NULL,
            key        TEXT NOT NULL,
            value      TEXT NOT NULL,
            PRIMARY KEY (resourceId, key)
        ) STRICT, WITHOUT ROWID;

        -- Packs that are durable in the store. The index names them by the small number, a third of its size.
        CREATE TABLE pack (
            id         INTEGER PRIMARY KEY,
            packId     BLOB    NOT NULL UNIQUE,
            kind       INTEGER NOT NULL,                 -- 1: blocks, 2: manifest pages
            byteCount  INTEGER NOT NULL,
            chunkCount INTEGER NOT NULL                  -- entries of its footer, also those kept elsewhere
        ) STRICT;

        -- The index: where the bytes of a chunk or manifest page are. Without REFERENCES pack, whose check on the
        -- removal of a pack would need an index over a hundred million rows.
        CREATE TABLE chunk (
            digest          BLOB    NOT NULL PRIMARY KEY,
            pack            INTEGER NOT NULL,
            offset          INTEGER NOT NULL,
            storedByteCount INTEGER NOT NULL,
            plainByteCount  INTEGER NOT NULL,
            codec           INTEGER NOT NULL,
            checksum        INTEGER NOT NULL,            -- CRC-32C of the stored bytes
            distrust        INTEGER NOT NULL DEFAULT 0   -- 0: trusted, 1: suspect; others are distrusted too
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX chunkDistrusted ON chunk (distrust) WHERE distrust <> 0;

        -- Each loss of trust ever, in order: whoever believed the index at generation n reads what came after n.
        CREATE TABLE distrust (
            generation INTEGER PRIMARY KEY AUTOINCREMENT,
            digest     BLOB    NOT NULL,
            reason     TEXT    NOT NULL
        ) STRICT;
        """
}
