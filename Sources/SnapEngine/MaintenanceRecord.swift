internal import FoundationEssentials
package import SnapModel
internal import SnapSystem
internal import SystemPackage

/// What maintenance remembers from one run to the next: `maintenance.json` under the root. Losing it costs that snapshots are
/// read for damage once more.
package struct MaintenanceRecord: Sendable, Codable, Hashable {
    package var lastStartTime: Timestamp?
    package var lastEndTime: Timestamp?
    /// When all of it went well.
    package var lastSuccessTime: Timestamp?
    /// What went wrong last time.
    package var failure: String?
    /// When each snapshot was last read whole.
    package var readTimes: [String: Timestamp] = [:]
    /// Those in which damage was found when they were last read.
    package var damaged: Set<SnapshotID> = []

    package init() {}

    enum CodingKeys: String, CodingKey {
        case lastStartTime = "LastStartTime"
        case lastEndTime = "LastEndTime"
        case lastSuccessTime = "LastSuccessTime"
        case failure = "Failure"
        case readTimes = "ReadTimes"
        case damaged = "Damaged"
    }

    private static let fileName: FilePath.Component = "maintenance.json"
    private static let byteLimit = 64 << 20

    /// An empty one where there is none that can be read.
    static func read(in root: FilePath) -> MaintenanceRecord {
        guard let bytes = try? File.read(root.appending(fileName), upTo: byteLimit),
            let record = try? JSONDecoder().decode(MaintenanceRecord.self, from: Data(bytes))
        else { return MaintenanceRecord() }
        return record
    }

    func write(in root: FilePath) throws(EngineError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let bytes = try? encoder.encode(self) else { preconditionFailure("a record has no JSON") }
        do throws(SystemError) {
            try AtomicFile.write(Array(bytes), to: root.appending(Self.fileName))
        } catch {
            throw EngineError(error)
        }
    }
}
