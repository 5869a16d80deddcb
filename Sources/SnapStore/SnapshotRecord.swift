internal import FoundationEssentials
package import SnapModel

/// A completed snapshot as the store keeps it: all that the catalogue knows of it, so that the catalogue can be lost.
package struct SnapshotRecord: Hashable, Sendable {
    package static let formatVersion = 2
    /// What can be read.
    private static let formatVersions = 1...formatVersion

    /// Counted up when the record is replaced; of two, the higher one is true.
    package var revision: Int
    package var snapshot: Snapshot

    package init(revision: Int, snapshot: Snapshot) {
        self.revision = revision
        self.snapshot = snapshot
    }

    package func encoded() throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        do {
            return Array(try encoder.encode(RecordFields(self))) + [UInt8(ascii: "\n")]
        } catch {
            throw StoreError(
                .failed, snapshot.id.rawValue, "the record of \(snapshot.id) cannot be written as JSON: \(error)")
        }
    }

    /// Throws `damaged` or `fromTheFuture`; `subject` is the key it was read from.
    package init(decoding bytes: [UInt8], subject: String) throws(StoreError) {
        let fields: RecordFields
        do {
            let version = try JSONDecoder().decode(RecordVersion.self, from: Data(bytes)).formatVersion
            guard Self.formatVersions.contains(version) else {
                throw StoreError(
                    .fromTheFuture, subject,
                    "\(subject) has version \(version), not one up to \(Self.formatVersion); use a snapctl that knows it"
                )
            }
            fields = try JSONDecoder().decode(RecordFields.self, from: Data(bytes))
        } catch let error as StoreError {
            throw error
        } catch {
            throw StoreError(.damaged, subject, "\(subject) is no snapshot record: \(error)")
        }
        guard let record = fields.record else {
            throw StoreError(.damaged, subject, "\(subject) is no snapshot record: its manifest root is malformed")
        }
        self = record
    }
}

private struct RecordVersion: Decodable {
    var formatVersion: Int
    enum CodingKeys: String, CodingKey { case formatVersion = "FormatVersion" }
}
