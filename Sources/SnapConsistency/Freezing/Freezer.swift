internal import SnapSystem
package import SystemPackage

/// Freezes filesystems by a small supervised process (`FreezerProcess`), so that they are thawed whatever happens to this one:
///
/// - this process ends, however: the freezer's standard input ends, and it thaws;
/// - this process hangs or is stopped: the freezer thaws at its deadline;
/// - the freezer ends, however: this process sees its standard output end, and thaws, at once;
/// - the freezer hangs or is stopped: this process ends it a little after its deadline, and thaws;
/// - both end at once: the journal tells the next start (`FreezeJournal.clearLeftovers`).
///
/// It freezes once. Every method may be called from any thread; SIGPIPE is ignored in this process from `start` on.
package final class Freezer: Sendable {
    private let supervisor: FreezerSupervisor

    /// Starts the process, which locks its memory, opens every mount point, and answers that it is ready. Nothing is frozen.
    ///
    /// `targets`: deepest mount point first. `program`: this one, by default. The journal must not be on one of `targets`.
    /// Ask `FreezeNeeds.check` first. Throws `freezeFailed` where no filesystem is mounted at a target any more,
    /// `permissionDenied`, `wouldFreezeItself`.
    package static func start(
        _ targets: [FreezeTarget], maxFreeze: Duration, journal: FreezeJournal? = nil,
        program: FilePath = "/proc/self/exe"
    ) throws(ConsistencyError) -> Freezer {
        precondition(!targets.isEmpty && maxFreeze > .zero, "a freezer for nothing, or for no time")
        Environment.ignoreBrokenPipes()
        let filesystems = try OpenedFilesystem.open(targets)
        if let journal {
            try FreezeNeeds.check(FrozenNeed("the journal of freezes", journal.path), filesystems)
        }
        return Freezer(try FreezerSupervisor(filesystems, maxFreeze: maxFreeze, journal: journal, program: program))
    }

    private init(_ supervisor: FreezerSupervisor) { self.supervisor = supervisor }

    deinit { supervisor.stop() }

    /// What the freezer could not do to stay alive and quick while memory is short, in words; empty: nothing.
    package var shortcomings: String { supervisor.shortcomings }

    /// Writes back what is dirty, which takes its time, then freezes in the given order: all or none. `maxFreeze` begins with
    /// the first. Throws `alreadyFrozen` (and leaves that one so), `freezeFailed`, `freezeExpired`, `permissionDenied`.
    package func freeze() throws(ConsistencyError) { try supervisor.freeze() }

    /// Asks the freezer. Throws `freezeExpired` or `freezeFailed` once the freeze has ended by itself, at any time after
    /// `freeze`. That somebody else thawed is found out by `thaw` only.
    package func confirmFrozen() throws(ConsistencyError) { try supervisor.confirmFrozen() }

    /// Thaws in reverse order. Returns how long writers were held up: from before the first FIFREEZE to after the last
    /// FITHAW. Throws `freezeExpired`, `freezeFailed` if the freeze had ended before: what was read is not of the instant.
    @discardableResult
    package func thaw() throws(ConsistencyError) -> Duration { try supervisor.thaw() }

    /// Thaws what is frozen and ends the process. Returns when that is done, or after some seconds if the kernel holds it
    /// up: then it is done as soon as the kernel allows. Also called twice, and by `deinit`.
    package func stop() { supervisor.stop() }

    /// `action` is called once, on a thread of the freezer, as soon as a freeze has ended unasked; at once if it has already.
    package func onUnexpectedEnd(_ action: @escaping @Sendable (ConsistencyError) -> Void) {
        supervisor.onUnexpectedEnd(action)
    }

    /// The process, for messages and tests.
    package var processNumber: Int32 { supervisor.processNumber }
}
