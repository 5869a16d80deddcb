internal import FoundationEssentials
package import SnapModel
internal import SnapSystem

/// A store: packs and snapshot records, and what they say of themselves. The truth; all else can be made from it.
package struct Store: Sendable {
    package static let formatVersion = 1

    package let id: StoreID
    package let objects: any ObjectStore

    /// Opens the store, or makes one where there is nothing.
    package static func openOrCreate(_ objects: any ObjectStore, at time: Timestamp) throws(StoreError) -> Store {
        do throws(StoreError) {
            return try open(objects)
        } catch {
            guard error.code == .missing else { throw error }
        }
        guard try objects.keys(under: StoreLayout.packPrefix).isEmpty else {
            // Another process may have made the store, and packs, between the two looks.
            if let store = try? open(objects) { return store }
            throw StoreError(
                .damaged, StoreLayout.description.path,
                "there are packs but no \(StoreLayout.description); put that file back from a copy of the store")
        }
        let fields = StoreFields(
            formatVersion: formatVersion, storeID: .random(), blockByteCount: BlockGeometry.byteCount, created: time)
        try objects.putIfAbsent(try fields.encoded(), to: StoreLayout.description)
        // Read back: of two processes that made it at once, one has won.
        return try open(objects)
    }

    /// Throws `missing`, `damaged` or `fromTheFuture`.
    package static func open(_ objects: any ObjectStore) throws(StoreError) -> Store {
        let fields = try StoreFields(decoding: objects.get(StoreLayout.description))
        guard fields.formatVersion == formatVersion else {
            throw StoreError(
                .fromTheFuture, StoreLayout.description.path,
                "the store has format version \(fields.formatVersion), this snapctl knows \(formatVersion); use a later snapctl"
            )
        }
        guard fields.blockByteCount == BlockGeometry.byteCount else {
            throw StoreError(
                .fromTheFuture, StoreLayout.description.path,
                "the store has blocks of \(fields.blockByteCount) bytes, this snapctl knows \(BlockGeometry.byteCount)")
        }
        return Store(id: fields.storeID, objects: objects)
    }

    /// Makes every byte of the packs durable, then their names. Returns them as they now stand.
    package func publish(_ packs: [UnpublishedPack]) throws(StoreError) -> [SealedPack] {
        try objects.publish(packs.map(\.object))
        return packs.map(\.pack)
    }

    /// Writes a record, durably, over an older one.
    package func write(_ record: SnapshotRecord) throws(StoreError) {
        try objects.put(try record.encoded(), to: StoreLayout.key(of: record.snapshot.id))
    }

    /// Throws `missing`, `fromTheFuture`, and `damaged` also for a record of another snapshot or of none that is completed.
    package func record(of snapshot: SnapshotID) throws(StoreError) -> SnapshotRecord {
        let key = StoreLayout.key(of: snapshot)
        let record = try SnapshotRecord(decoding: try objects.get(key), subject: key.path)
        let (id, state) = (record.snapshot.id, record.snapshot.state)
        guard id == snapshot else {
            throw StoreError(.damaged, key.path, "\(key) is the record of another snapshot, \(id)")
        }
        guard state == .completed else {
            throw StoreError(.damaged, key.path, "\(key) is no record of a completed snapshot: it is \(state.rawValue)")
        }
        return record
    }

    package func removeRecord(of snapshot: SnapshotID) throws(StoreError) {
        try objects.delete(StoreLayout.key(of: snapshot))
    }

    /// Writes a volume's record, durably, over an older one.
    package func write(_ record: VolumeRecord) throws(StoreError) {
        try objects.put(try record.encoded(), to: StoreLayout.key(of: record.volume.id))
    }

    /// Throws `missing`, `fromTheFuture`, and `damaged` also for a record of another volume.
    package func record(of volume: VolumeID) throws(StoreError) -> VolumeRecord {
        let key = StoreLayout.key(of: volume)
        let record = try VolumeRecord(decoding: try objects.get(key), subject: key.path)
        guard record.volume.id == volume else {
            throw StoreError(.damaged, key.path, "\(key) is the record of another volume, \(record.volume.id)")
        }
        return record
    }

    /// Every volume with a record of its own, by listing.
    package func volumeIDs() throws(StoreError) -> [VolumeID] {
        try objects.keys(under: StoreLayout.volumePrefix).compactMap(StoreLayout.volume(of:))
    }

    /// Whether a pack is published, and not removed again.
    package func contains(pack: PackID) throws(StoreError) -> Bool {
        do throws(StoreError) {
            _ = try objects.byteCount(of: StoreLayout.key(of: pack))
            return true
        } catch {
            guard error.code == .missing else { throw error }
            return false
        }
    }

    /// Removes a pack, durably. One that is gone is no error.
    package func removePack(_ pack: PackID) throws(StoreError) { try objects.delete(StoreLayout.key(of: pack)) }

    /// Every record's snapshot, by listing.
    package func snapshotIDs() throws(StoreError) -> [SnapshotID] {
        try objects.keys(under: StoreLayout.snapshotPrefix).compactMap(StoreLayout.snapshot(of:))
    }

    /// Every published pack, by listing.
    package func packIDs() throws(StoreError) -> [PackID] {
        try objects.keys(under: StoreLayout.packPrefix).compactMap(StoreLayout.pack(of:))
    }

    /// Makes the names of packs and records durable that others may have left half done.
    package func makeNamesDurable(
        packs: [PackID], snapshots: [SnapshotID], volumes: [VolumeID] = []
    ) throws(StoreError) {
        let keys = packs.map { StoreLayout.key(of: $0) } + snapshots.map { StoreLayout.key(of: $0) }
        try objects.makeNamesDurable(keys + volumes.map { StoreLayout.key(of: $0) })
    }

    /// Removes what dead writers had not published. Returns how many files that were.
    package func removeLeftovers() throws(StoreError) -> Int {
        try objects.removeLeftovers(under: StoreLayout.packPrefix)
            + objects.removeLeftovers(under: StoreLayout.snapshotPrefix)
            + objects.removeLeftovers(under: StoreLayout.volumePrefix)
    }
}

/// What every version of `store.json` has.
private struct StoreVersion: Decodable {
    var formatVersion: Int

    enum CodingKeys: String, CodingKey { case formatVersion = "FormatVersion" }
}

/// `store.json`.
private struct StoreFields: Codable {
    var formatVersion: Int
    var storeID: StoreID
    var blockByteCount: Int
    var created: Timestamp

    enum CodingKeys: String, CodingKey {
        case formatVersion = "FormatVersion"
        case storeID = "StoreId"
        case blockByteCount = "BlockSize"
        case created = "Created"
    }

    init(formatVersion: Int, storeID: StoreID, blockByteCount: Int, created: Timestamp) {
        self.formatVersion = formatVersion
        self.storeID = storeID
        self.blockByteCount = blockByteCount
        self.created = created
    }

    func encoded() throws(StoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw StoreError(.failed, StoreLayout.description.path, "the store cannot be described as JSON: \(error)")
        }
    }
}

extension Decodable {
    fileprivate init(decoding bytes: [UInt8]) throws(StoreError) {
        do {
            self = try JSONDecoder().decode(Self.self, from: Data(bytes))
        } catch {
            throw StoreError(
                .damaged, StoreLayout.description.path,
                "\(StoreLayout.description) does not describe a store; put it back from a copy of the store")
        }
    }
}
