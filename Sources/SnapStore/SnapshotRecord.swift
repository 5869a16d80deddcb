internal import FoundationEssentials
package import SnapModel

/// A completed snapshot as the store keeps it: all that the catalogue knows of it, so that the catalogue can be lost.
package struct SnapshotRecord: Hashable, Sendable {
    package static let formatVersion = 1

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
            guard version == Self.formatVersion else {
                throw StoreError(
                    .fromTheFuture, subject,
                    "\(subject) has version \(version), not \(Self.formatVersion); use a snapctl that knows it")
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

/// The record's JSON (docs/format.md, "Snapshot record"): EBS's names where EBS has one.
private struct RecordFields: Codable {
    var formatVersion: Int
    var revision: Int
    var snapshotID: SnapshotID
    var volumeID: VolumeID
    var state: SnapshotState
    var startTime: Timestamp
    var completionTime: Timestamp?
    var ownerID: String
    var description: String
    var tags: [Tag]
    var encrypted: Bool
    var volumeByteCount: Int
    var manifestRoot: String
    var fullByteCount: Int
    var newByteCount: Int
    var storedByteCount: Int
    var consistencyMethod: ConsistencyMethod
    var volume: VolumeFields

    struct VolumeFields: Codable {
        var identity: VolumeIdentity
        var path: String
        var byteCount: Int
        var createTime: Timestamp

        enum CodingKeys: String, CodingKey {
            case identity = "Identity"
            case path = "Path"
            case byteCount = "ByteCount"
            case createTime = "CreateTime"
        }
    }

    enum CodingKeys: String, CodingKey {
        case formatVersion = "FormatVersion"
        case revision = "Revision"
        case snapshotID = "SnapshotId"
        case volumeID = "VolumeId"
        case state = "State"
        case startTime = "StartTime"
        case completionTime = "CompletionTime"
        case ownerID = "OwnerId"
        case description = "Description"
        case tags = "Tags"
        case encrypted = "Encrypted"
        case volumeByteCount = "VolumeByteCount"
        case manifestRoot = "ManifestRoot"
        case fullByteCount = "FullSnapshotSizeInBytes"
        case newByteCount = "NewByteCount"
        case storedByteCount = "StoredByteCount"
        case consistencyMethod = "ConsistencyMethod"
        case volume = "Volume"
    }

    init(_ record: SnapshotRecord) {
        let snapshot = record.snapshot
        guard let image = snapshot.image else { preconditionFailure("a record of \(snapshot.id) without an image") }
        formatVersion = SnapshotRecord.formatVersion
        revision = record.revision
        snapshotID = snapshot.id
        volumeID = snapshot.volume.id
        state = snapshot.state
        startTime = snapshot.startTime
        completionTime = snapshot.completionTime
        ownerID = snapshot.ownerID
        description = snapshot.description
        tags = snapshot.tags
        encrypted = snapshot.isEncrypted
        volumeByteCount = snapshot.volumeByteCount
        manifestRoot = image.manifestRoot.description
        fullByteCount = image.fullByteCount
        newByteCount = image.newByteCount
        storedByteCount = image.storedByteCount
        consistencyMethod = snapshot.consistency.method
        let volume = snapshot.volume
        self.volume = VolumeFields(
            identity: volume.identity, path: volume.path, byteCount: volume.byteCount, createTime: volume.createTime)
    }

    var record: SnapshotRecord? {
        guard let root = Digest(hexadecimal: manifestRoot), volumeByteCount > 0 else { return nil }
        let image = SnapshotImage(
            manifestRoot: PageID(root), fullByteCount: fullByteCount, newByteCount: newByteCount,
            storedByteCount: storedByteCount)
        let volume = Volume(
            id: volumeID, identity: volume.identity, path: volume.path, byteCount: volume.byteCount,
            createTime: volume.createTime)
        let snapshot = Snapshot(
            id: snapshotID, volume: volume, state: state, startTime: startTime, completionTime: completionTime,
            ownerID: ownerID, description: description, tags: tags, isEncrypted: encrypted,
            consistency: Consistency(method: consistencyMethod), volumeByteCount: volumeByteCount,
            processedByteCount: volumeByteCount, image: image)
        return SnapshotRecord(revision: revision, snapshot: snapshot)
    }
}
