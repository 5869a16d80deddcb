import SnapCodec
import SnapModel
import SnapTestSupport
import Testing

@testable import SnapStore

@Suite("Snapshot records")
struct RecordTests {
    private static let golden = """
        {
          "CompletionTime" : "2014-02-28T21:06:02.345Z",
          "ConsistencyLevel" : "application",
          "ConsistencyMethod" : "clone",
          "CreateVolumePermissions" : [
            {
              "UserId" : "123456789012"
            },
            {
              "Group" : "all"
            }
          ],
          "Description" : "nightly \\"quoted\\" ä/ö",
          "Encrypted" : false,
          "FormatVersion" : 3,
          "FreezeMicroseconds" : 12345,
          "FullSnapshotSizeInBytes" : 524288000,
          "Hooks" : [
            {
              "Freeze" : "succeeded",
              "FreezeMicroseconds" : 70001,
              "Name" : "10-postgres",
              "Thaw" : "timed-out"
            },
            {
              "Freeze" : "failed",
              "FreezeMicroseconds" : 0,
              "Name" : "20-other"
            }
          ],
          "ImagingMicroseconds" : 9000000,
          "Lock" : {
            "CoolOffPeriod" : 24,
            "CoolOffPeriodExpiresOn" : "2014-03-01T21:06:02.345Z",
            "LockCreatedOn" : "2014-02-28T21:06:01.000Z",
            "LockDuration" : 30,
            "LockDurationStartTime" : "2014-02-28T21:06:02.345Z",
            "LockExpiresOn" : "2014-03-30T21:06:02.345Z",
            "LockMode" : "compliance"
          },
          "ManifestRoot" : "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          "NewByteCount" : 1048576,
          "OwnerId" : "123456789012",
          "PointInTime" : "2014-02-28T21:06:01.500Z",
          "ProductCodes" : [
            {
              "ProductCodeId" : "abc123",
              "ProductCodeType" : "marketplace"
            }
          ],
          "RecycleBin" : {
            "RecycleBinEnterTime" : "2014-03-31T00:00:00.000Z",
            "RecycleBinExitTime" : "2014-04-07T00:00:00.000Z"
          },
          "Revision" : 3,
          "SecuringMicroseconds" : 80001,
          "SetId" : "set-0123456789abcdef0",
          "SnapshotId" : "snap-0fedcba9876543210",
          "StartTime" : "2014-02-28T21:06:01.000Z",
          "State" : "completed",
          "StorageTier" : "standard",
          "StoredByteCount" : 700000,
          "Tags" : [
            {
              "Key" : "Name",
              "Value" : "ä \\\\ b"
            }
          ],
          "Volume" : {
            "ByteCount" : 1073741825,
            "CreateTime" : "1970-01-01T00:00:00.000Z",
            "Identity" : {
              "Strength" : "strong",
              "Value" : "wwid:eui.0025/1:partition:1"
            },
            "Path" : "/dev/vdb1",
            "ProductCodes" : [
              {
                "ProductCodeId" : "abc123",
                "ProductCodeType" : "marketplace"
              }
            ],
            "Revision" : 2,
            "SnapshotId" : "snap-00000000000000001",
            "Tags" : [
              {
                "Key" : "Name",
                "Value" : "web"
              }
            ]
          },
          "VolumeByteCount" : 1073741825,
          "VolumeId" : "vol-0123456789abcdef0",
          "Worker" : {
            "Attempts" : 2,
            "Log" : "/var/log/snapctl/snap-0fedcba9876543210.log",
            "ProcessId" : 4711
          }
        }

        """

    /// As snapctl wrote them before there were points in time of volumes in use.
    private static let version1 = """
        {
          "CompletionTime" : "2014-02-28T21:06:02.345Z",
          "ConsistencyMethod" : "exclusive",
          "Description" : "nightly \\"quoted\\" ä/ö",
          "Encrypted" : false,
          "FormatVersion" : 1,
          "FullSnapshotSizeInBytes" : 524288000,
          "ManifestRoot" : "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
          "NewByteCount" : 1048576,
          "OwnerId" : "123456789012",
          "Revision" : 3,
          "SnapshotId" : "snap-0fedcba9876543210",
          "StartTime" : "2014-02-28T21:06:01.000Z",
          "State" : "completed",
          "StoredByteCount" : 700000,
          "Tags" : [
            {
              "Key" : "Name",
              "Value" : "ä \\\\ b"
            }
          ],
          "Volume" : {
            "ByteCount" : 1073741825,
            "CreateTime" : "1970-01-01T00:00:00.000Z",
            "Identity" : {
              "Strength" : "strong",
              "Value" : "wwid:eui.0025/1:partition:1"
            },
            "Path" : "/dev/vdb1"
          },
          "VolumeByteCount" : 1073741825,
          "VolumeId" : "vol-0123456789abcdef0"
        }

        """

    private func record() throws -> SnapshotRecord {
        var record = try recordOfVersion1()
        record.snapshot.consistency = Consistency(
            method: .clone, level: .application, instant: Timestamp(millisecondsSinceEpoch: 1_393_621_561_500),
            freezeDuration: .microseconds(12_345),
            hooks: [
                HookRun(
                    name: "10-postgres", freezeOutcome: .succeeded, freezeDuration: .microseconds(70_001),
                    thawOutcome: .timedOut),
                HookRun(name: "20-other", freezeOutcome: .failed, freezeDuration: .zero),
            ])
        record.snapshot.setID = SnapshotSetID("set-0123456789abcdef0")
        record.snapshot.worker = SnapshotWorker(
            processNumber: 4_711, attemptCount: 2, logPath: "/var/log/snapctl/snap-0fedcba9876543210.log")
        record.snapshot.durations = SnapshotDurations(securing: .microseconds(80_001), imaging: .seconds(9))
        try addAttributes(to: &record.snapshot)
        return record
    }

    /// What came with version 3.
    private func addAttributes(to snapshot: inout Snapshot) throws {
        let codes = [ProductCode(code: "abc123", type: .marketplace)]
        snapshot.productCodes = codes
        snapshot.permissions = [.user("123456789012"), .all]
        let completed = try #require(snapshot.completionTime)
        snapshot.lock = SnapshotLock(
            mode: .compliance, createTime: snapshot.startTime, startTime: completed, durationDays: 30,
            expiryTime: completed.adding(days: 30), coolOffHours: 24, coolOffExpiryTime: completed.adding(days: 1))
        let deleted = try #require(Timestamp("2014-03-31T00:00:00Z"))
        snapshot.bin = RecycleBinStay(enterTime: deleted, exitTime: deleted.adding(days: 7))
        snapshot.volume.tags = [SnapshotTag(key: "Name", value: "web")]
        snapshot.volume.productCodes = codes
        snapshot.volume.sourceSnapshot = SnapshotID("snap-00000000000000001")
        snapshot.volume.revision = 2
    }

    private func recordOfVersion1() throws -> SnapshotRecord {
        var snapshot = try Sample.snapshot(tags: [SnapshotTag(key: "Name", value: "ä \\ b")])
        snapshot.consistency.level = .filesystem
        snapshot.revision = 3
        return SnapshotRecord(snapshot)
    }

    @Test func goldenText() throws {
        #expect(String(decoding: try record().encoded(), as: UTF8.self) == Self.golden)
        #expect(try SnapshotRecord(decoding: Array(Self.golden.utf8), subject: "golden") == record())
    }

    @Test func recordsOfVersion1AreRead() throws {
        let read = try SnapshotRecord(decoding: Array(Self.version1.utf8), subject: "version 1")
        #expect(try read == recordOfVersion1())
        let live = Self.version1.replacing("\"exclusive\"", with: "\"none\"")
        let consistency = try SnapshotRecord(decoding: Array(live.utf8), subject: "version 1").snapshot.consistency
        #expect(consistency == Consistency(method: .none, level: ConsistencyLevel.none))
        #expect(String(decoding: try read.encoded(), as: UTF8.self).contains("\"FormatVersion\" : 3"))
    }

    /// As version 2 wrote them: without all that came later.
    @Test func recordsOfVersion2AreRead() throws {
        var expected = try record()
        let codes: [ProductCode] = []
        (expected.snapshot.lock, expected.snapshot.bin, expected.snapshot.permissions) = (nil, nil, [])
        expected.snapshot.productCodes = codes
        (expected.snapshot.volume.tags, expected.snapshot.volume.productCodes) = ([], codes)
        (expected.snapshot.volume.sourceSnapshot, expected.snapshot.volume.revision) = (nil, 0)
        let text = String(decoding: try expected.encoded(), as: UTF8.self)
            .replacing("\"FormatVersion\" : 3", with: "\"FormatVersion\" : 2")
            .replacing("\"StorageTier\" : \"standard\",", with: "")
        #expect(!text.contains("StorageTier") && !text.contains("Lock"))
        #expect(try SnapshotRecord(decoding: Array(text.utf8), subject: "version 2") == expected)
    }

    @Test func withoutWhatMayBeAbsent() throws {
        var record = try record()
        record.snapshot.completionTime = nil
        record.snapshot.tags = []
        record.snapshot.description = ""
        record.snapshot.consistency = Consistency(method: .none)
        record.snapshot.volume.identity.strength = .weak
        record.snapshot.isEncrypted = true
        record.snapshot.setID = nil
        record.snapshot.worker = SnapshotWorker(processNumber: 1)
        record.snapshot.durations = SnapshotDurations()
        (record.snapshot.lock, record.snapshot.bin) = (SnapshotLock(mode: .governance, createTime: Sample.time), nil)
        (record.snapshot.permissions, record.snapshot.productCodes) = ([], [])
        (record.snapshot.dataEncryptionKeyID, record.snapshot.kmsKeyID) = ("dek-1", "kms-1")
        (record.snapshot.volume.isEncrypted, record.snapshot.volume.kmsKeyID) = (true, "kms-2")
        #expect(try SnapshotRecord(decoding: record.encoded(), subject: "record") == record)
    }

    /// What a person may have typed comes back as it was.
    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func anyText(seed: UInt64) throws {
        var generator = SeededRandom(seed: seed)
        func text() -> String {
            let scalars = (0..<Int.random(in: 0..<30, using: &generator)).compactMap { _ in
                UnicodeScalar(
                    UInt32.random(
                        in: 0...(Bool.random(using: &generator) ? 0x7f : 0x1_0fff),
                        using: &generator
                    )
                )
            }
            return String(String.UnicodeScalarView(scalars))
        }
        var record = try record()
        record.snapshot.description = text()
        record.snapshot.volume.path = text()
        record.snapshot.tags = (0..<5).map { _ in SnapshotTag(key: text(), value: text()) }
        let read = try SnapshotRecord(decoding: record.encoded(), subject: "record")
        #expect(read == record, "seed \(seed)")
        #expect(
            read.snapshot.description.unicodeScalars.elementsEqual(record.snapshot.description.unicodeScalars)
        )
    }

    /// JSON has no checksum: a change may give another record, but never a trap or another kind of error.
    @Test func mutatedRecordsThrowOrParse() {
        Mutations.forEach(of: Array(Self.golden.utf8), splices: 3_000) { mutated in
            do throws(StoreError) {
                let record = try SnapshotRecord(decoding: mutated, subject: "snapshots/x.json")
                // Whatever was believed can be written and read again.
                _ = try SnapshotRecord(decoding: record.encoded(), subject: "again")
            } catch {
                let isClear = error.code == .damaged || error.code == .fromTheFuture
                if !isClear || error.subject != "snapshots/x.json" { Issue.record("\(error)") }
            }
        }
    }

    @Test(arguments: [
        ("\"FormatVersion\" : 3", "\"FormatVersion\" : 4", true),
        ("\"FormatVersion\" : 3", "\"FormatVersion\" : 0", true),
        ("\"FormatVersion\" : 3", "\"FormatVersion\" : \"2\"", false),
        ("\"FormatVersion\" : 3,", "", false),
        ("\"application\"", "\"perfect\"", false),
        ("\"timed-out\"", "\"late\"", false),
        ("70001", "1e999", false),
        ("set-0123", "snap-0123", false),
        ("4711", "99999999999", false),
        ("1073741825", "0", false),
        ("1073741825", "-5", false),
        ("1073741825", "99999999999999999999999", false),
        ("1073741825", "1e999", false),
        ("snap-0fed", "vol-0fed", false),
        ("2014-02-28", "2014-02-30", false),
        ("2014-02-28", "99999999999999-02-28", false),
        ("000102", "00010G", false),
        ("\"completed\"", "\"perfect\"", false),
        ("\"compliance\"", "\"strict\"", false),
        ("\"UserId\" : \"123456789012\"", "\"UserId\" : \"12345678901\"", false),
        ("\"Group\" : \"all\"", "\"Group\" : \"some\"", false),
        ("\"marketplace\"", "\"gift\"", false),
        ("2014-04-07", "2014-04-31", false),
        ("\"StorageTier\" : \"standard\"", "\"StorageTier\" : \"cellar\"", false),
        ("\"Revision\" : 3,", "", false),
    ])
    func wrongValues(text: String, replacement: String, isOfTheFuture: Bool) throws {
        let wrong = Self.golden.replacing(text, with: replacement)
        #expect(wrong != Self.golden)
        let error = #expect(throws: StoreError.self) {
            _ = try SnapshotRecord(decoding: Array(wrong.utf8), subject: "snapshots/x.json")
        }
        #expect(error?.code == (isOfTheFuture ? .fromTheFuture : .damaged))
    }

    @Test func aRecordOfTheFutureMayLookQuiteDifferent() {
        let error = #expect(throws: StoreError.self) {
            _ = try SnapshotRecord(decoding: Array(#"{"FormatVersion":9,"Else":[1]}"#.utf8), subject: "x")
        }
        #expect(error?.code == .fromTheFuture)
    }

    @Test(arguments: ["", "[]", "null", "{}", "{", "\u{0}", "7", String(repeating: "[", count: 100_000)])
    func whatIsNoRecord(text: String) {
        let error = #expect(throws: StoreError.self) {
            _ = try SnapshotRecord(decoding: Array(text.utf8), subject: "x")
        }
        #expect(error?.code == .damaged)
    }
}
