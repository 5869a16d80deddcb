/// A snapshot as `create` and `list` print it.
struct SnapshotFields: Decodable, Hashable, Sendable {
    struct Own: Decodable, Hashable, Sendable {
        struct Consistency: Decodable, Hashable, Sendable {
            var method: String
            var isPointInTime: Bool
            var level: String?
            var instant: String?
            var freezeMilliseconds: Double?
            var hooks: [Hook]?
            enum CodingKeys: String, CodingKey {
                case method = "Method"
                case isPointInTime = "PointInTime"
                case level = "Level"
                case instant = "Instant"
                case freezeMilliseconds = "FreezeMilliseconds"
                case hooks = "Hooks"
            }
        }

        struct Hook: Decodable, Hashable, Sendable {
            var name: String
            var freeze: String
            var thaw: String?
            enum CodingKeys: String, CodingKey {
                case name = "Name"
                case freeze = "Freeze"
                case thaw = "Thaw"
            }
        }

        struct Worker: Decodable, Hashable, Sendable {
            var processNumber: Int32
            var attemptCount: Int
            var logPath: String?
            enum CodingKeys: String, CodingKey {
                case processNumber = "ProcessId"
                case attemptCount = "Attempts"
                case logPath = "Log"
            }
        }

        var volumePath: String
        var volumeByteCount: Int
        var consistency: Consistency
        var newByteCount: Int?
        var storedByteCount: Int?
        var setID: String?
        var worker: Worker?
        enum CodingKeys: String, CodingKey {
            case setID = "SetId"
            case worker = "Worker"
            case volumePath = "VolumePath"
            case volumeByteCount = "VolumeByteCount"
            case consistency = "Consistency"
            case newByteCount = "NewByteCount"
            case storedByteCount = "StoredByteCount"
        }
    }

    var id: String
    var volume: String
    var state: String
    var stateMessage: String?
    var progress: String
    var startTime: String
    var completionTime: String?
    var volumeSize: Int
    var fullByteCount: Int?
    var description: String
    var own: Own

    var newByteCount: Int { own.newByteCount ?? -1 }

    enum CodingKeys: String, CodingKey {
        case id = "SnapshotId"
        case volume = "VolumeId"
        case state = "State"
        case stateMessage = "StateMessage"
        case progress = "Progress"
        case startTime = "StartTime"
        case completionTime = "CompletionTime"
        case volumeSize = "VolumeSize"
        case fullByteCount = "FullSnapshotSizeInBytes"
        case description = "Description"
        case own = "Snapctl"
    }
}

struct ListFields: Decodable {
    var snapshots: [SnapshotFields]
    enum CodingKeys: String, CodingKey { case snapshots = "Snapshots" }
}

struct RangeFields: Decodable, Hashable, Sendable {
    var offset: Int
    var byteCount: Int

    init(_ offset: Int, _ byteCount: Int) { (self.offset, self.byteCount) = (offset, byteCount) }

    enum CodingKeys: String, CodingKey {
        case offset = "Offset"
        case byteCount = "ByteCount"
    }
}

/// The report of `verify`, and that of `restore`.
struct VerifyFields: Decodable {
    var result: String?
    var damaged: [RangeFields]
    var explanations: [String]
    var differing: [RangeFields]?
    enum CodingKeys: String, CodingKey {
        case result = "Result"
        case damaged = "DamagedRanges"
        case explanations = "Explanations"
        case differing = "DifferingRanges"
    }
}

struct DiffFields: Decodable {
    var changed: [RangeFields]
    var changedBlockCount: Int
    enum CodingKeys: String, CodingKey {
        case changed = "ChangedRanges"
        case changedBlockCount = "ChangedBlockCount"
    }
}
