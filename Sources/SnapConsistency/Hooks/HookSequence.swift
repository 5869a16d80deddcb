package import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// The hooks of one point in time. Who calls `freeze` calls `thaw` afterwards, however the freeze ended.
///
/// Hooks may leave processes in the background that hold a database at rest until they are thawed; what these say is
/// heard for as long as this is kept, so keep it until after `thaw`. Called from one thread; `runs` and `transcript` may
/// be read from others.
package final class HookSequence: Sendable {
    private struct Entry {
        let hook: Hook
        var run: HookRun
        /// Also of one that failed, or was out of time: it may have done half of its work.
        var isStarted: Bool
        var outputs: [(call: Hook.Call, output: ProgramOutput)] = []
    }

    private let hooks: [Hook]
    private let timeout: Duration
    private let environment: [String: String]
    private let entries = Mutex<[Entry]>([])

    /// Looks for the hooks. Throws `hookFailed` when one that was named cannot be run, `permissionDenied` when root
    /// would run what another user could change, `systemFailure`.
    package init(_ settings: HookSettings, _ context: HookContext) throws(ConsistencyError) {
        hooks = try Self.find(settings)
        timeout = settings.timeout
        environment = context.environment
    }

    package var isEmpty: Bool { hooks.isEmpty }

    /// Calls each with `freeze`, one after the other. At the first that fails or is out of time it stops, and throws
    /// `hookFailed` with its ending and the last line it said.
    package func freeze() throws(ConsistencyError) {
        for hook in hooks {
            let (entry, failure) = freeze(hook)
            entries.withLock { $0.append(entry) }
            if let failure { throw failure }
        }
    }

    /// Calls each whose call with `freeze` was started with `thaw`, the last one first, whatever fails. Again, it does
    /// nothing. How it went is in `runs`.
    package func thaw() {
        for index in entries.withLock({ $0.indices }).reversed() {
            let entry = entries.withLock { $0[index] }
            guard entry.isStarted, entry.run.thawOutcome == nil else { continue }
            listen()
            let ended = try? entry.hook.run(.thaw, environment: environment, timeout: timeout)
            entries.withLock { entries in
                entries[index].run.thawOutcome = ended?.outcome ?? .failed
                if let ended { entries[index].outputs.append((.thaw, ended.output)) }
            }
        }
        listen()
    }

    /// What was run, and how it went, in the order of the freeze.
    package var runs: [HookRun] { entries.withLock { $0.map(\.run) } }

    /// All that the hooks said, a line each, for the log: `10-mysql freeze: …`
    package var transcript: [String] {
        listen()
        return entries.withLock { entries in
            entries.flatMap { entry in
                entry.outputs.flatMap { call, output in
                    output.text.split(whereSeparator: \.isNewline).map { "\(entry.run.name) \(call.rawValue): \($0)" }
                }
            }
        }
    }

    // MARK: - One hook

    private func freeze(_ hook: Hook) -> (Entry, ConsistencyError?) {
        do throws(SystemError) {
            let ended = try hook.run(.freeze, environment: environment, timeout: timeout)
            let run = HookRun(name: hook.name, freezeOutcome: ended.outcome, freezeDuration: ended.duration)
            let entry = Entry(hook: hook, run: run, isStarted: true, outputs: [(.freeze, ended.output)])
            return (entry, ended.isSuccess ? nil : failure(hook, ended))
        } catch {
            let run = HookRun(name: hook.name, freezeOutcome: .failed, freezeDuration: .zero)
            let words = "the hook \(hook.path.string) could not be started: \(error.code.description)"
            return (Entry(hook: hook, run: run, isStarted: false), ConsistencyError(.hookFailed, words))
        }
    }

    private func failure(_ hook: Hook, _ ended: Hook.Ended) -> ConsistencyError {
        let seconds = timeout / .seconds(1)
        let ending = ended.hasTimedOut ? "was not done after \(seconds) s, and was ended" : "\(ended.ending)"
        let words = ended.output.lastLine.map { ": \($0)" } ?? ", and said nothing"
        return ConsistencyError(.hookFailed, "the hook \(hook.path.string) freeze \(ending)\(words)")
    }

    /// So that what was left in the background is not held up by a full pipe.
    private func listen() {
        entries.withLock { $0.flatMap(\.outputs) }.forEach { $0.output.listen() }
    }
}

extension Hook.Ended {
    var outcome: HookRun.Outcome {
        if hasTimedOut { return .timedOut }
        return ending.isSuccess ? .succeeded : .failed
    }
}
