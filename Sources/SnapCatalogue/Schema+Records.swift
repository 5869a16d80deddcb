extension Schema {
    /// What a record keeps beside the image: tags by key, locks, the recycle bin, permissions, product codes, lineage.
    static let v3 = """
        -- Of the record in the store that this row says the same as: counted up with each change. While `changing` is 1,
        -- the record may be ahead.
        ALTER TABLE snapshot ADD COLUMN revision INTEGER NOT NULL DEFAULT 1;
        ALTER TABLE snapshot ADD COLUMN changing INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE snapshot ADD COLUMN storageTier TEXT NOT NULL DEFAULT 'standard';
        -- A JSON array (docs/format.md, "Snapshot record"); NULL for none.
        ALTER TABLE snapshot ADD COLUMN productCodes TEXT;
        -- governance, compliance; NULL: it was never locked, or unlocked. It stays when the lock has expired.
        ALTER TABLE snapshot ADD COLUMN lockMode TEXT;
        ALTER TABLE snapshot ADD COLUMN lockCreateTime INTEGER;
        ALTER TABLE snapshot ADD COLUMN lockStartTime INTEGER;
        ALTER TABLE snapshot ADD COLUMN lockDurationDays INTEGER;
        ALTER TABLE snapshot ADD COLUMN lockExpiryTime INTEGER;
        ALTER TABLE snapshot ADD COLUMN coolOffHours INTEGER;
        ALTER TABLE snapshot ADD COLUMN coolOffExpiryTime INTEGER;
        -- Since when it is in the recycle bin, and until when; NULL: it was not deleted.
        ALTER TABLE snapshot ADD COLUMN binEnterTime INTEGER;
        ALTER TABLE snapshot ADD COLUMN binExitTime INTEGER;

        CREATE INDEX snapshotInBin ON snapshot (binExitTime) WHERE binEnterTime IS NOT NULL;
        CREATE INDEX snapshotLocked ON snapshot (lockCreateTime) WHERE lockMode IS NOT NULL;
        CREATE INDEX snapshotChanging ON snapshot (id) WHERE changing <> 0;

        -- As for snapshots; 0: there is no record of the volume alone.
        ALTER TABLE volume ADD COLUMN revision INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE volume ADD COLUMN changing INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE volume ADD COLUMN productCodes TEXT;
        -- snap-…: what it was made from, which may be gone.
        ALTER TABLE volume ADD COLUMN sourceSnapshotId TEXT;
        ALTER TABLE volume ADD COLUMN dataEncryptionKeyId TEXT REFERENCES lineage (dataEncryptionKeyId);

        CREATE INDEX volumeChanging ON volume (id) WHERE changing <> 0;

        CREATE INDEX tagByKey ON tag (key, value, resourceId);

        -- Who else may create volumes from a snapshot: an account of 12 digits, or all.
        CREATE TABLE createVolumePermission (
            snapshotId TEXT NOT NULL,
            grantee    TEXT NOT NULL,
            PRIMARY KEY (snapshotId, grantee)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX permissionByGrantee ON createVolumePermission (grantee, snapshotId);
        """
}
