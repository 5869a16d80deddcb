internal import Logging
internal import SnapModel

/// Tells the log what becomes of snapshots.
struct JobLog: Sendable {
    let logger: Logger

    func info(_ snapshots: [Snapshot], _ text: String) { logger.info("\(Self.line(snapshots.map(\.id), text))") }

    func error(_ snapshots: [Snapshot], _ text: String) { logger.error("\(Self.line(snapshots.map(\.id), text))") }

    func notice(_ text: String) { logger.notice("\(text)") }

    private static func line(_ snapshots: [SnapshotID], _ text: String) -> String {
        snapshots.map(\.rawValue).joined(separator: " ") + ": " + text
    }
}
