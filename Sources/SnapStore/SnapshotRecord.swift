package import SnapModel

/// A completed snapshot as the store keeps it: all that the catalogue knows of it, so that the catalogue can be lost.
package struct SnapshotRecord: Hashable, Sendable {
    package static let formatVersion = 3
    /// What can be read.
    private static let formatVersions = 1...formatVersion

    /// Its revision is counted up when the record is replaced; of two records, the higher one is true.
    package var snapshot: Snapshot

    package init(_ snapshot: Snapshot) { self.snapshot = snapshot }

    package func encoded() throws(StoreError) -> [UInt8] {
        try RecordText.encoded(RecordFields(snapshot), subject: snapshot.id.rawValue)
    }

    /// Throws `damaged` or `fromTheFuture`; `subject` is the key it was read from.
    package init(decoding bytes: [UInt8], subject: String) throws(StoreError) {
        let fields: RecordFields = try RecordText.decoded(
            bytes, versions: Self.formatVersions, "a snapshot record", subject: subject)
        guard let record = fields.record else {
            throw StoreError(.damaged, subject, "\(subject) is no snapshot record: its manifest root is malformed")
        }
        self = record
    }
}
