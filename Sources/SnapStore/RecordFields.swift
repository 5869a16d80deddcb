internal import SnapModel

/// The record's JSON (docs/format.md, "Snapshot record"): EBS's names where EBS has one. What is optional here and not in
/// version 1 is younger than that.
struct RecordFields: Codable {
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
    var consistencyLevel: ConsistencyLevel?
    var pointInTime: Timestamp?
    var freezeMicroseconds: Int64?
    var hooks: [HookRun]?
    var setID: SnapshotSetID?
    var worker: WorkerFields?
    var securingMicroseconds: Int64?
    var imagingMicroseconds: Int64?
    var volume: VolumeFields
    var kmsKeyID: String?
    var dataEncryptionKeyID: String?
    var storageTier: StorageTier?
    var productCodes: [ProductCode]?
    var permissions: [PermissionFields]?
    var lock: LockFields?
    var bin: BinFields?

    struct WorkerFields: Codable {
        var processNumber: Int32
        var attemptCount: Int
        var logPath: String?

        enum CodingKeys: String, CodingKey {
            case processNumber = "ProcessId"
            case attemptCount = "Attempts"
            case logPath = "Log"
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
        case consistencyLevel = "ConsistencyLevel"
        case pointInTime = "PointInTime"
        case freezeMicroseconds = "FreezeMicroseconds"
        case hooks = "Hooks"
        case setID = "SetId"
        case worker = "Worker"
        case securingMicroseconds = "SecuringMicroseconds"
        case imagingMicroseconds = "ImagingMicroseconds"
        case volume = "Volume"
        case kmsKeyID = "KmsKeyId"
        case dataEncryptionKeyID = "DataEncryptionKeyId"
        case storageTier = "StorageTier"
        case productCodes = "ProductCodes"
        case permissions = "CreateVolumePermissions"
        case lock = "Lock"
        case bin = "RecycleBin"
    }
}
