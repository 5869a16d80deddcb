internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem

/// `snapctl cancel`
struct CancelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel",
        abstract: "Give up pending snapshots.",
        discussion: """
            They end as state error, their points in time are given back, and frozen filesystems are thawed. With one \
            snapshot of a set all of the set end. What was stored is used by the next snapshot.

            EXAMPLES
              snapctl cancel snap-0123456789abcdef0
            """
    )

    private static let interval = Duration.milliseconds(100)
    private static let endTimeout = Duration.seconds(30)

    @Argument(help: ArgumentHelp("Ids of snapshots.", valueName: "snap"))
    var snapshots: [String]

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let ids = try Identifiers.snapshots(snapshots)
        let engine = try shared.openEngine()
        try engine.cancel(ids, reason: "cancelled by 'snapctl cancel'")
        try SnapshotListAnswer(snapshots: try ended(ids, engine)).print(as: shared.format)
    }

    /// Workers hear it within a second; one that is stuck, or stopped, may not.
    private func ended(_ ids: [SnapshotID], _ engine: Engine) throws(EngineError) -> [Snapshot] {
        let watch = Stopwatch()
        while true {
            let found = try engine.snapshots(ids)
            if let completed = found.first(where: { $0.state == .completed }) {
                throw EngineError(
                    .snapshotNotPending, "the snapshot '\(completed.id)' was completed before it could be cancelled")
            }
            if found.allSatisfy({ $0.state != .pending }) { return found }
            guard watch.elapsed < Self.endTimeout else {
                throw EngineError(
                    .waitTimedOut,
                    "the worker has been told, but has not ended after \(HumanText.duration(seconds: watch.seconds)); "
                        + "see process \(found.compactMap(\.worker).first?.processNumber ?? 0) and its log")
            }
            CurrentProcess.rest(for: Self.interval)
        }
    }
}
