internal import FoundationEssentials
internal import GRDB
internal import SnapModel

/// A row of table `snapshot`, taken from the statement itself: GRDB's `Row` finds out anew for every value what kind of
/// row it is, which at 10,000 snapshots took as long as SQLite itself.
struct SnapshotRow {
    static let columns = """
        s.snapshotId, s.volume, s.state, s.stateMessage, s.startTime, s.completionTime, s.ownerId, s.description, \
        s.consistency, s.volumeByteCount, s.processedByteCount, s.encrypted, s.manifestRoot, s.fullByteCount, \
        s.newByteCount, s.storedByteCount, s.level, s.instant, s.freezeMicroseconds, s.hooks, s.setId, \
        s.workerNumber, s.workerAttempts, s.logPath, s.securingMicroseconds, s.imagingMicroseconds, \
        s.dataEncryptionKeyId, s.kmsKeyId, s.productCodes, s.storageTier, s.revision, s.binEnterTime, s.binExitTime, \
        s.lockMode, s.lockCreateTime, s.lockStartTime, s.lockDurationDays, s.lockExpiryTime, s.coolOffHours, \
        s.coolOffExpiryTime
        """

    let id: String
    let volumeKey: Int64
    private let state: SnapshotState
    private let stateMessage: String?
    private let startTime: Timestamp
    private let completionTime: Timestamp?
    private let ownerID: String
    private let description: String
    private let consistency: Consistency
    private let volumeByteCount: Int
    private let processedByteCount: Int
    private let newByteCount: Int
    private let storedByteCount: Int
    private let isEncrypted: Bool
    private let image: SnapshotImage?
    private let setID: SnapshotSetID?
    private let worker: SnapshotWorker?
    private let durations: SnapshotDurations
    private let keys: (dataEncryptionKeyID: String?, kmsKeyID: String?)
    private let productCodes: [ProductCode]
    private let storageTier: StorageTier
    private let revision: Int
    private let bin: RecycleBinStay?
    private let lock: SnapshotLock?

    init(_ row: StatementRow) throws {
        guard let state = SnapshotState(rawValue: try row.value(2)) else {
            throw Row.malformed("the state of a snapshot")
        }
        id = try row.value(0)
        volumeKey = try row.value(1)
        self.state = state
        stateMessage = row.optional(3)
        startTime = Timestamp(millisecondsSinceEpoch: try row.value(4))
        completionTime = row.optional(5).map(Timestamp.init(millisecondsSinceEpoch:))
        ownerID = try row.value(6)
        description = try row.value(7)
        consistency = try Self.consistency(row)
        volumeByteCount = try row.value(9)
        processedByteCount = try row.value(10)
        isEncrypted = try row.value(11)
        image = row.isNull(12) ? nil : try Self.image(row)
        newByteCount = image == nil ? row.optional(14) ?? 0 : 0
        storedByteCount = image == nil ? row.optional(15) ?? 0 : 0
        setID = row.optional(20).map(SnapshotSetID.init(wellFormed:))
        worker = row.isNull(21) ? nil : try Self.worker(row)
        durations = SnapshotDurations(securing: Self.duration(row, 24), imaging: Self.duration(row, 25))
        keys = (row.optional(26), row.optional(27))
        productCodes = try ProductCode.list(row.optional(28))
        guard let tier = StorageTier(rawValue: try row.value(29)) else { throw Row.malformed("a storage tier") }
        storageTier = tier
        revision = try row.value(30)
        bin = row.isNull(31) ? nil : try Self.bin(row)
        lock = row.isNull(33) ? nil : try Self.lock(row)
    }

    private static func bin(_ row: StatementRow) throws -> RecycleBinStay {
        RecycleBinStay(
            enterTime: Timestamp(millisecondsSinceEpoch: try row.value(31)),
            exitTime: Timestamp(millisecondsSinceEpoch: try row.value(32)))
    }

    private static func lock(_ row: StatementRow) throws -> SnapshotLock {
        guard let mode = SnapshotLockMode(rawValue: try row.value(33)) else { throw Row.malformed("a lock") }
        return SnapshotLock(
            mode: mode, createTime: Timestamp(millisecondsSinceEpoch: try row.value(34)),
            startTime: time(row, 35), durationDays: row.optional(36), expiryTime: time(row, 37),
            coolOffHours: row.optional(38), coolOffExpiryTime: time(row, 39))
    }

    private static func time(_ row: StatementRow, _ index: Int) -> Timestamp? {
        row.optional(index).map(Timestamp.init(millisecondsSinceEpoch:))
    }

    private static func consistency(_ row: StatementRow) throws -> Consistency {
        guard let method = ConsistencyMethod(rawValue: try row.value(8)) else {
            throw Row.malformed("how a point in time was made")
        }
        var consistency = Consistency(method: method)
        if let text: String = row.optional(16) {
            guard let level = ConsistencyLevel(rawValue: text) else {
                throw Row.malformed("the level of a point in time")
            }
            consistency.level = level
        }
        consistency.instant = row.optional(17).map(Timestamp.init(millisecondsSinceEpoch:))
        consistency.freezeDuration = duration(row, 18)
        if let text: String = row.optional(19) { consistency.hooks = try hooks(text) }
        return consistency
    }

    private static func hooks(_ text: String) throws -> [HookRun] {
        do {
            return try JSONDecoder().decode([HookRun].self, from: Data(text.utf8))
        } catch {
            throw Row.malformed("the hooks of a snapshot")
        }
    }

    private static func image(_ row: StatementRow) throws -> SnapshotImage {
        SnapshotImage(
            manifestRoot: PageID(try row.digest(12)),
            fullByteCount: try row.value(13),
            newByteCount: try row.value(14),
            storedByteCount: try row.value(15)
        )
    }

    private static func worker(_ row: StatementRow) throws -> SnapshotWorker {
        SnapshotWorker(
            processNumber: try row.value(21), attemptCount: try row.value(22), logPath: row.optional(23))
    }

    private static func duration(_ row: StatementRow, _ index: Int) -> Duration? {
        let microseconds: Int64? = row.optional(index)
        return microseconds.map { .microseconds($0) }
    }

    func snapshot(of volume: Volume, tags: [Tag], permissions: [CreateVolumePermission]) -> Snapshot {
        Snapshot(
            id: SnapshotID(wellFormed: id),
            volume: volume,
            state: state,
            stateMessage: stateMessage,
            startTime: startTime,
            completionTime: completionTime,
            ownerID: ownerID,
            description: description,
            tags: tags,
            isEncrypted: isEncrypted,
            dataEncryptionKeyID: keys.dataEncryptionKeyID,
            kmsKeyID: keys.kmsKeyID,
            consistency: consistency,
            volumeByteCount: volumeByteCount,
            processedByteCount: processedByteCount,
            newByteCount: newByteCount,
            storedByteCount: storedByteCount,
            image: image,
            setID: setID,
            worker: worker,
            durations: durations,
            productCodes: productCodes,
            permissions: permissions,
            storageTier: storageTier,
            lock: lock,
            bin: bin,
            revision: revision
        )
    }
}
