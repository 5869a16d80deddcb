/// The schema as the released steps leave it: lines of sqlite_master, without comments.
enum SchemaGolden {
    static let v4 = """
        index chunkDistrusted: CREATE INDEX chunkDistrusted ON chunk (distrust) WHERE distrust <> 0
        index packRetired: CREATE INDEX packRetired ON pack (packId) WHERE retired <> 0
        index permissionByGrantee: CREATE INDEX permissionByGrantee ON createVolumePermission (grantee, \
        snapshotId)
        index snapshotBySet: CREATE INDEX snapshotBySet ON snapshot (setId) WHERE setId IS NOT NULL
        index snapshotByStart: CREATE INDEX snapshotByStart ON snapshot (startTime)
        index snapshotByState: CREATE INDEX snapshotByState ON snapshot (state, startTime)
        index snapshotByVolume: CREATE INDEX snapshotByVolume ON snapshot (volume, state, startTime)
        index snapshotChanging: CREATE INDEX snapshotChanging ON snapshot (id) WHERE changing <> 0
        index snapshotInBin: CREATE INDEX snapshotInBin ON snapshot (binExitTime) WHERE binEnterTime IS NOT \
        NULL
        index snapshotLeased: CREATE INDEX snapshotLeased ON snapshot (state) WHERE lease IS NOT NULL
        index snapshotLocked: CREATE INDEX snapshotLocked ON snapshot (lockCreateTime) WHERE lockMode IS NOT \
        NULL
        index tagByKey: CREATE INDEX tagByKey ON tag (key, value, resourceId)
        index volumeByIdentity: CREATE INDEX volumeByIdentity ON volume (identity)
        index volumeChanging: CREATE INDEX volumeChanging ON volume (id) WHERE changing <> 0
        table checkpoint: CREATE TABLE checkpoint ( snapshot INTEGER NOT NULL REFERENCES snapshot (id) ON \
        DELETE CASCADE, leaf INTEGER NOT NULL, page BLOB, blockCount INTEGER NOT NULL, PRIMARY KEY \
        (snapshot, leaf) ) STRICT, WITHOUT ROWID
        table chunk: CREATE TABLE chunk ( digest BLOB NOT NULL PRIMARY KEY, pack INTEGER NOT NULL, offset \
        INTEGER NOT NULL, storedByteCount INTEGER NOT NULL, plainByteCount INTEGER NOT NULL, codec INTEGER \
        NOT NULL, checksum INTEGER NOT NULL, distrust INTEGER NOT NULL DEFAULT 0 ) STRICT, WITHOUT ROWID
        table condemnation: CREATE TABLE condemnation ( generation INTEGER PRIMARY KEY, time INTEGER NOT \
        NULL ) STRICT
        table createVolumePermission: CREATE TABLE createVolumePermission ( snapshotId TEXT NOT NULL, \
        grantee TEXT NOT NULL, PRIMARY KEY (snapshotId, grantee) ) STRICT, WITHOUT ROWID
        table distrust: CREATE TABLE distrust ( generation INTEGER PRIMARY KEY AUTOINCREMENT, digest BLOB \
        NOT NULL, reason TEXT NOT NULL ) STRICT
        table grdb_migrations: CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)
        table imageChange: CREATE TABLE imageChange ( snapshotId TEXT NOT NULL, part INTEGER NOT NULL, base \
        TEXT, changes BLOB NOT NULL, PRIMARY KEY (snapshotId, part) ) STRICT
        table lineage: CREATE TABLE lineage ( dataEncryptionKeyId TEXT NOT NULL PRIMARY KEY, kmsKeyId TEXT \
        NOT NULL, createTime INTEGER NOT NULL ) STRICT, WITHOUT ROWID
        table meta: CREATE TABLE meta ( key TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL ) STRICT, WITHOUT \
        ROWID
        table pack: CREATE TABLE pack ( id INTEGER PRIMARY KEY, packId BLOB NOT NULL UNIQUE, kind INTEGER \
        NOT NULL, byteCount INTEGER NOT NULL, chunkCount INTEGER NOT NULL , condemned INTEGER, retired \
        INTEGER NOT NULL DEFAULT 0) STRICT
        table snapshot: CREATE TABLE snapshot ( id INTEGER PRIMARY KEY, snapshotId TEXT NOT NULL UNIQUE, \
        volume INTEGER NOT NULL REFERENCES volume (id), state TEXT NOT NULL, stateMessage TEXT, startTime \
        INTEGER NOT NULL, completionTime INTEGER, ownerId TEXT NOT NULL, description TEXT NOT NULL, \
        consistency TEXT NOT NULL, volumeByteCount INTEGER NOT NULL, processedByteCount INTEGER NOT NULL, \
        manifestRoot BLOB, fullByteCount INTEGER, newByteCount INTEGER, storedByteCount INTEGER, worker \
        TEXT, encrypted INTEGER NOT NULL DEFAULT 0, dataEncryptionKeyId TEXT REFERENCES lineage \
        (dataEncryptionKeyId), kmsKeyId TEXT , level TEXT, instant INTEGER, freezeMicroseconds INTEGER, \
        hooks TEXT, setId TEXT, workerAttempts INTEGER, logPath TEXT, workerNumber INTEGER, \
        securingMicroseconds INTEGER, imagingMicroseconds INTEGER, lease TEXT, request TEXT, cancelReason \
        TEXT, trustGeneration INTEGER, revision INTEGER NOT NULL DEFAULT 1, changing INTEGER NOT NULL \
        DEFAULT 0, storageTier TEXT NOT NULL DEFAULT 'standard', productCodes TEXT, lockMode TEXT, \
        lockCreateTime INTEGER, lockStartTime INTEGER, lockDurationDays INTEGER, lockExpiryTime INTEGER, \
        coolOffHours INTEGER, coolOffExpiryTime INTEGER, binEnterTime INTEGER, binExitTime INTEGER) STRICT
        table sqlite_sequence: CREATE TABLE sqlite_sequence(name,seq)
        table tag: CREATE TABLE tag ( resourceId TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL, \
        PRIMARY KEY (resourceId, key) ) STRICT, WITHOUT ROWID
        table volume: CREATE TABLE volume ( id INTEGER PRIMARY KEY, volumeId TEXT NOT NULL UNIQUE, strength \
        TEXT NOT NULL, identity TEXT NOT NULL, path TEXT NOT NULL, byteCount INTEGER NOT NULL, seenTime \
        INTEGER NOT NULL, createTime INTEGER NOT NULL, encrypted INTEGER NOT NULL DEFAULT 0, kmsKeyId TEXT , \
        revision INTEGER NOT NULL DEFAULT 0, changing INTEGER NOT NULL DEFAULT 0, productCodes TEXT, \
        sourceSnapshotId TEXT, dataEncryptionKeyId TEXT REFERENCES lineage (dataEncryptionKeyId)) STRICT
        trigger chunkResized: CREATE TRIGGER chunkResized AFTER UPDATE OF storedByteCount ON chunk WHEN \
        old.storedByteCount <> new.storedByteCount BEGIN DELETE FROM imageChange; END
        """
}
