import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// A root that an earlier snapctl made: version 2 of the catalogue and of the records.
@Suite("Upgrades")
struct UpgradeTests {
    /// Takes from a root what came later. What is left is what that version wrote.
    private static let downgrade = """
        import json, pathlib, sqlite3, sys
        root = pathlib.Path(sys.argv[1])
        d = sqlite3.connect(root / "catalogue.db", isolation_level=None)
        d.execute("PRAGMA foreign_keys = OFF")
        d.execute("PRAGMA legacy_alter_table = ON")
        d.execute("DROP TRIGGER chunkResized")
        for index in ["packRetired", "snapshotInBin", "snapshotLocked", "snapshotChanging", "volumeChanging",
                      "tagByKey", "permissionByGrantee"]: d.execute(f"DROP INDEX {index}")
        for table in ["imageChange", "condemnation", "createVolumePermission"]: d.execute(f"DROP TABLE {table}")
        for column in ["condemned", "retired"]: d.execute(f"ALTER TABLE pack DROP COLUMN {column}")
        for column in ["revision", "changing", "storageTier", "productCodes", "lockMode", "lockCreateTime",
                       "lockStartTime", "lockDurationDays", "lockExpiryTime", "coolOffHours", "coolOffExpiryTime",
                       "binEnterTime", "binExitTime"]: d.execute(f"ALTER TABLE snapshot DROP COLUMN {column}")
        columns = "id, volumeId, strength, identity, path, byteCount, seenTime, createTime, encrypted, kmsKeyId"
        for statement in [
            "CREATE TABLE old (id INTEGER PRIMARY KEY, volumeId TEXT NOT NULL UNIQUE, strength TEXT NOT NULL, "
            "identity TEXT NOT NULL, path TEXT NOT NULL, byteCount INTEGER NOT NULL, seenTime INTEGER NOT NULL, "
            "createTime INTEGER NOT NULL, encrypted INTEGER NOT NULL DEFAULT 0, kmsKeyId TEXT) STRICT",
            f"INSERT INTO old ({columns}) SELECT {columns} FROM volume",
            "DROP TABLE volume", "ALTER TABLE old RENAME TO volume",
            "CREATE INDEX volumeByIdentity ON volume (identity)",
            "DELETE FROM grdb_migrations WHERE identifier IN ('v3', 'v4')",
        ]: d.execute(statement)
        d.close()
        for path in (root / "store" / "snapshots").iterdir():
            record = json.loads(path.read_text())
            record["FormatVersion"] = 2
            del record["StorageTier"]
            assert not {"Lock", "RecycleBin", "CreateVolumePermissions"} & record.keys()
            path.write_text(json.dumps(record))
        """

    private func withUpgraded(_ body: (Bench, [(id: SnapshotID, bytes: [UInt8])]) throws -> Void) throws {
        try Bench.with { bench in
            let volume = try bench.directory.file("volume", SeededRandom.bytes(3 << 20, seed: 1))
            var taken: [(id: SnapshotID, bytes: [UInt8])] = []
            for round in 0..<3 {
                try File.overwrite(volume, SeededRandom.bytes(BlockGeometry.byteCount, seed: UInt64(round) + 2), at: 0)
                taken.append((try bench.open().create(volume).id, try File.read(volume, upTo: .max)))
            }
            try Command.check("python3", "-c", Self.downgrade, bench.configuration.root.string)
            try body(bench, taken)
        }
    }

    @Test func contentsStayAndEverythingNewWorks() throws {
        try withUpgraded { bench, taken in
            let engine = try bench.open()
            for (id, bytes) in taken { #expect(try engine.bytes(of: id, in: bench.directory) == bytes) }
            #expect(try engine.collectGarbage().freed.count == 0, "all of it is needed")
            let next = try engine.create(bench.directory.appending("volume"))
            #expect(next.image?.newByteCount == 0)
            try engine.setTags([taken[0].id.rawValue, next.volume.id.rawValue], [SnapshotTag(key: "a", value: "b")])
            let terms = SnapshotLockTerms(mode: .governance, term: .days(1))
            _ = try engine.lock(LockRequest(snapshot: taken[0].id, terms: terms))
            _ = try engine.deleteSnapshot(taken[1].id)
            let said = try engine.freedIfDeleted([taken[1].id])
            #expect(said > BlockGeometry.byteCount / 2)
            try bench.expectRebuildChangesNothing()
            _ = try engine.purgeBin(at: Timestamp.now().later(days: 8))
            #expect(try engine.collectGarbage(deadShareLimit: 0).freed.byteCount == said)
            for (id, bytes) in [taken[0], taken[2]] {
                #expect(try engine.bytes(of: id, in: bench.directory) == bytes)
            }
        }
    }

    /// The catalogue is lost: records of both versions are read.
    @Test func recordsOfBothVersionsAreRebuilt() throws {
        try withUpgraded { bench, taken in
            try bench.open().tag(taken[0].id, "a", "b")
            try bench.withRebuiltTwin { outcome, twin in
                let snapshots = try twin.snapshots([])
                #expect(outcome.damagedSnapshots.isEmpty && snapshots.map(\.revision).sorted() == [1, 1, 2])
                #expect(snapshots.first { $0.id == taken[0].id }?.tags == [SnapshotTag(key: "a", value: "b")])
                for (id, bytes) in taken { #expect(try twin.bytes(of: id, in: bench.directory) == bytes) }
            }
        }
    }
}
