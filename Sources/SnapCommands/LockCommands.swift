internal import ArgumentParser
internal import SnapEngine
internal import SnapModel

/// `snapctl lock`
struct LockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "lock",
        abstract: "Keep a snapshot from being deleted for a time, or change its lock.",
        discussion: """
            A governance lock can be changed and taken away at any time. A compliance lock can, once its cooling-off \
            period is over, only be made longer, by nobody and nothing in snapctl taken away.

            EXAMPLES
              snapctl lock snap-0123456789abcdef0 --days 30
              snapctl lock snap-0123456789abcdef0 --mode compliance --cool-off 24 --until 2030-01-31
            """
    )

    @Argument(help: ArgumentHelp("The id of a snapshot.", valueName: "snap"))
    var snapshot: String

    @Option(help: ArgumentHelp("governance or compliance.", valueName: "mode"))
    var mode = SnapshotLockMode.governance

    @Option(help: ArgumentHelp("For so many days: 1 to 36500.", valueName: "count"))
    var days: Int?

    @Option(help: ArgumentHelp("Until a day, or a day and time, in UTC.", valueName: "time"))
    var until: String?

    @Option(
        help: ArgumentHelp("Of compliance mode: hours in which it can still be changed, 1 to 72.", valueName: "hours"))
    var coolOff: Int?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let terms = try LockTerms.reading(
            mode: mode.rawValue, days: days, until: try time(), coolOffHours: coolOff)
        let request = LockRequest(snapshot: try Identifiers.snapshot(snapshot), terms: terms)
        let locked = try shared.openEngine().lock(request)
        try LockAnswer(snapshots: [locked], isList: false).print(as: shared.format)
    }

    private func time() throws(EngineError) -> Timestamp? {
        guard let until else { return nil }
        guard let time = GivenTime.parse(until) else {
            throw EngineError(.invalidParameter, "Value (\(until)) for --until is invalid. Expected: 2030-01-31")
        }
        return time
    }
}

/// `snapctl unlock`
struct UnlockCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock",
        abstract: "Take the lock of a snapshot away.",
        discussion: """
            Not that of compliance mode, once its cooling-off period is over.

            EXAMPLES
              snapctl unlock snap-0123456789abcdef0
            """
    )

    @Argument(help: ArgumentHelp("The id of a snapshot.", valueName: "snap"))
    var snapshot: String

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let unlocked = try shared.openEngine().unlock(try Identifiers.snapshot(snapshot))
        try SnapshotAnswer(snapshot: unlocked).print(as: shared.format)
    }
}

extension SnapshotLockMode: ExpressibleByArgument {}
