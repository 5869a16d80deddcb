extension Schema {
    /// The point in time, the worker, and what another worker needs to go on. Durations are microseconds.
    static let v2 = """
        -- What the image may be trusted to be: application, filesystem, crash, none. NULL until the point in time is taken.
        ALTER TABLE snapshot ADD COLUMN level TEXT;
        -- The instant whose bytes it holds.
        ALTER TABLE snapshot ADD COLUMN instant INTEGER;
        ALTER TABLE snapshot ADD COLUMN freezeMicroseconds INTEGER;
        -- A JSON array (docs/format.md, "Snapshot record"); NULL for none.
        ALTER TABLE snapshot ADD COLUMN hooks TEXT;
        -- set-…: what was taken at one instant with others.
        ALTER TABLE snapshot ADD COLUMN setId TEXT;
        -- How many processes have carried it. These three stay after the end.
        ALTER TABLE snapshot ADD COLUMN workerAttempts INTEGER;
        ALTER TABLE snapshot ADD COLUMN logPath TEXT;
        ALTER TABLE snapshot ADD COLUMN workerNumber INTEGER;
        ALTER TABLE snapshot ADD COLUMN securingMicroseconds INTEGER;
        ALTER TABLE snapshot ADD COLUMN imagingMicroseconds INTEGER;
        -- What holds the bytes of the instant and outlives the worker, as JSON of the engine; NULL once it is given back.
        ALTER TABLE snapshot ADD COLUMN lease TEXT;
        -- What was asked for, as JSON of the engine, while it is pending.
        ALTER TABLE snapshot ADD COLUMN request TEXT;
        -- Why it is to be given up, once somebody asked for that.
        ALTER TABLE snapshot ADD COLUMN cancelReason TEXT;
        -- Where the history of lost trust was when its first worker began to believe the index.
        ALTER TABLE snapshot ADD COLUMN trustGeneration INTEGER;

        CREATE INDEX snapshotBySet ON snapshot (setId) WHERE setId IS NOT NULL;
        CREATE INDEX snapshotLeased ON snapshot (state) WHERE lease IS NOT NULL;

        -- Until now a volume was either claimed, so that nothing was mounted from it, or read as it was.
        UPDATE snapshot SET level = CASE consistency WHEN 'exclusive' THEN 'filesystem' ELSE 'none' END
        WHERE state = 'completed';

        -- The finished leaves of the manifests of pending snapshots, whose chunks and pages are committed.
        CREATE TABLE checkpoint (
            snapshot   INTEGER NOT NULL REFERENCES snapshot (id) ON DELETE CASCADE,
            leaf       INTEGER NOT NULL,
            page       BLOB,                             -- NULL when all its blocks are zero
            blockCount INTEGER NOT NULL,                 -- of those that are not zero
            PRIMARY KEY (snapshot, leaf)
        ) STRICT, WITHOUT ROWID;
        """
}
