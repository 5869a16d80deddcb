extension Schema {
    /// The collection of garbage, and what sizes are counted from (docs/space.md).
    static let v4 = """
        -- Where the history of lost trust was when what nobody needs in a pack had been condemned; NULL: it was not.
        ALTER TABLE pack ADD COLUMN condemned INTEGER;
        -- 1: the index has nothing in it any more; its file is to be removed, or was.
        ALTER TABLE pack ADD COLUMN retired INTEGER NOT NULL DEFAULT 0;
        CREATE INDEX packRetired ON pack (packId) WHERE retired <> 0;

        -- When chunks were condemned: where the history of lost trust was then.
        CREATE TABLE condemnation (
            generation INTEGER PRIMARY KEY,
            time       INTEGER NOT NULL
        ) STRICT;

        -- What the manifest of a snapshot names more and less than that of its base, the one before it of its volume: a
        -- cache, made when sizes are asked for. Rows of snapshots that are gone bridge the gap they left.
        CREATE TABLE imageChange (
            snapshotId TEXT    NOT NULL,
            part       INTEGER NOT NULL,
            base       TEXT,                             -- NULL: nothing, so that all it names is here
            changes    BLOB    NOT NULL,                 -- 24 bytes each: see ImageChange
            PRIMARY KEY (snapshotId, part)
        ) STRICT;

        -- A chunk that was stored again may take another number of bytes than the cache says.
        CREATE TRIGGER chunkResized AFTER UPDATE OF storedByteCount ON chunk
        WHEN old.storedByteCount <> new.storedByteCount BEGIN DELETE FROM imageChange; END;
        """
}
