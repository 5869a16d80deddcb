import SnapModel
import SnapTestSupport
import Testing

@testable import SnapStore

@Suite("Volume records")
struct VolumeRecordTests {
    private static let golden = """
        {
          "FormatVersion" : 1,
          "Volume" : {
            "ByteCount" : 1073741825,
            "CreateTime" : "1970-01-01T00:00:00.000Z",
            "Identity" : {
              "Strength" : "strong",
              "Value" : "wwid:eui.0025/1:partition:1"
            },
            "Path" : "/dev/vdb1",
            "Revision" : 4,
            "SnapshotId" : "snap-0fedcba9876543210",
            "Tags" : [
              {
                "Key" : "Name",
                "Value" : ""
              }
            ]
          },
          "VolumeId" : "vol-0123456789abcdef0"
        }

        """

    private func record() throws -> VolumeRecord {
        var volume = try Sample.snapshot().volume
        volume.tags = [SnapshotTag(key: "Name", value: "")]
        volume.sourceSnapshot = SnapshotID("snap-0fedcba9876543210")
        volume.revision = 4
        return VolumeRecord(volume)
    }

    @Test func goldenText() throws {
        #expect(String(decoding: try record().encoded(), as: UTF8.self) == Self.golden)
        #expect(try VolumeRecord(decoding: Array(Self.golden.utf8), subject: "golden") == record())
    }

    @Test func mutatedRecordsThrowOrParse() {
        Mutations.forEach(of: Array(Self.golden.utf8)) { mutated in
            do throws(StoreError) {
                _ = try VolumeRecord(
                    decoding: try VolumeRecord(decoding: mutated, subject: "x").encoded(), subject: "y")
            } catch {
                let isClear = error.code == .damaged || error.code == .fromTheFuture
                if !isClear || error.subject != "x" { Issue.record("\(error)") }
            }
        }
    }

    @Test(arguments: [
        ("\"FormatVersion\" : 1", "\"FormatVersion\" : 2", true), ("\"Revision\" : 4,", "", false),
        ("\"Revision\" : 4", "\"Revision\" : 0", false), ("1073741825", "-1", false), ("vol-0123", "snap-0123", false),
    ])
    func wrongValues(text: String, replacement: String, isOfTheFuture: Bool) throws {
        let wrong = Self.golden.replacing(text, with: replacement)
        #expect(wrong != Self.golden)
        let error = #expect(throws: StoreError.self) {
            _ = try VolumeRecord(decoding: Array(wrong.utf8), subject: "x")
        }
        #expect(error?.code == (isOfTheFuture ? .fromTheFuture : .damaged))
    }

    @Test(arguments: StoreKind.allCases)
    func inAStore(kind: StoreKind) throws {
        try kind.with { objects, _ in
            let store = try Store.openOrCreate(objects, at: Sample.time)
            var record = try record()
            #expect(try store.volumeIDs().isEmpty)
            try store.write(record)
            record.volume.revision = 5
            try store.write(record)
            #expect(try store.volumeIDs() == [record.volume.id])
            #expect(try store.record(of: record.volume.id) == record)
            #expect(try store.snapshotIDs().isEmpty)
            let other = VolumeID.random()
            try objects.put(try record.encoded(), to: StoreLayout.key(of: other))
            #expect(#expect(throws: StoreError.self) { _ = try store.record(of: other) }?.code == .damaged)
        }
    }
}
