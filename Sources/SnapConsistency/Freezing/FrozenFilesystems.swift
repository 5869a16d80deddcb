internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// In the freezer: the filesystems, and how far they are. Freezing runs on a thread of its own, since FIFREEZE may be held up
/// by a write that does not end, and the deadline must not be; what is frozen too late is thawed at once.
///
/// From any thread. `onChange` is called whenever the freezing thread has come to an end.
final class FrozenFilesystems: Sendable {
    private enum Phase {
        case idle, synchronising, synchronised, freezing, frozen
        /// For good: nothing is frozen, or about to be thawed.
        case over(FreezerAnswer)
    }

    private struct State {
        var phase = Phase.idle
        /// Since the first FIFREEZE.
        var watch: Stopwatch?
        /// In the order in which they were frozen: indexes of `filesystems`.
        var frozen: [Int] = []
        /// The freezing thread runs.
        var isWorking = false
    }

    private let filesystems: [OpenedFilesystem]
    private let maxFreeze: Duration
    private let onChange: @Sendable () -> Void
    private let state = Mutex(State())
    private let worker = WorkerGroup()

    /// Filesystems that could not be thawed are tried again so often.
    private static let retryPause = Duration.milliseconds(100)
    /// How often the parent hears that nothing hangs while much is written back.
    private static let heartbeat = Duration.milliseconds(500)

    init(_ filesystems: [OpenedFilesystem], maxFreeze: Duration, onChange: @escaping @Sendable () -> Void) {
        (self.filesystems, self.maxFreeze, self.onChange) = (filesystems, maxFreeze, onChange)
        FrozenDescriptors.reserve(filesystems.count)
    }

    /// What there is to say; nil while something is under way that says so by itself.
    var answer: FreezerAnswer? {
        state.withLock { state in
            switch state.phase {
            case .idle: .ready("")
            case .synchronising: .synchronising
            case .synchronised: .synchronised
            case .freezing: nil
            case .frozen: .frozen
            case .over(let answer): answer
            }
        }
    }

    /// Whether it is over, nothing is frozen, and no call to freeze is under way.
    var isSettled: Bool {
        state.withLock { state in
            guard case .over = state.phase else { return false }
            return state.frozen.isEmpty && !state.isWorking
        }
    }

    /// How long nobody needs to call `keepTime`; nil: for ever.
    var patience: Duration? {
        state.withLock { state in
            switch state.phase {
            case .idle, .synchronised: nil
            case .synchronising: Self.heartbeat
            case .freezing, .frozen: max(.zero, maxFreeze - (state.watch?.elapsed ?? .zero))
            case .over: state.frozen.isEmpty ? nil : Self.retryPause
            }
        }
    }

    /// Ends what lasts too long, and tries again what could not be thawed.
    func keepTime() {
        state.withLock { state in
            switch state.phase {
            case .freezing, .frozen:
                guard let watch = state.watch, watch.elapsed >= maxFreeze else { return }
                end(&state, .ended(expiry))
            case .over: thawAll(&state)
            default: return
            }
        }
    }

    // MARK: - Commands

    /// Twice: what was written during the first is written back by the second, which is short, as then the freeze is.
    func synchronise() {
        guard advance(from: { if case .idle = $0 { true } else { false } }, to: .synchronising) else { return }
        worker.start("synchronise") { [self] _ in
            do throws(ConsistencyError) {
                for filesystem in filesystems + filesystems { try filesystem.synchronise() }
                _ = advance(from: { if case .synchronising = $0 { true } else { false } }, to: .synchronised)
            } catch {
                end(.failed(error))
            }
            onChange()
        }
    }

    func freeze() {
        guard advance(from: { if case .synchronised = $0 { true } else { false } }, to: .freezing) else { return }
        worker.start("freeze") { [self] _ in
            freezeAll()
            state.withLock { $0.isWorking = false }
            onChange()
        }
    }

    func thaw() {
        state.withLock { state in
            switch state.phase {
            case .frozen: thawAsAsked(&state)
            case .freezing: end(&state, .failed(ConsistencyError(.cancelled, "thawed before all was frozen")))
            default: return
            }
        }
    }

    /// Thaws what is frozen, for whatever reason.
    func end(_ answer: FreezerAnswer) { state.withLock { end(&$0, answer) } }

    /// Returns once nothing is frozen, nor being frozen by a call that the kernel holds up.
    func settle() {
        worker.wait()
        for _ in 1...settlingTryCount {
            guard let patience else { return }
            _ = Polling.wait(for: [], within: patience)
            keepTime()
        }
    }

    // MARK: - Under the lock

    private func advance(from isExpected: (Phase) -> Bool, to phase: Phase) -> Bool {
        state.withLock { state in
            guard isExpected(state.phase) else { return false }
            state.phase = phase
            if case .freezing = phase { (state.watch, state.isWorking) = (Stopwatch(), true) }
            return true
        }
    }

    private func end(_ state: inout State, _ answer: FreezerAnswer) {
        if case .over = state.phase { return }
        state.phase = .over(answer)
        thawAll(&state)
    }

    private func thawAsAsked(_ state: inout State) {
        guard let watch = state.watch else { preconditionFailure("frozen, and nobody knows since when") }
        let foreign = thawAll(&state)
        let duration = watch.elapsed
        if !state.frozen.isEmpty {
            state.phase = .over(.failed(resistance(state.frozen.map { filesystems[$0] })))
        } else {
            state.phase = .over(foreign.isEmpty ? .thawed(duration) : .failed(interference(foreign)))
        }
    }

    /// In reverse order. Returns those that somebody else has thawed.
    @discardableResult
    private func thawAll(_ state: inout State) -> [OpenedFilesystem] {
        var (left, foreign): ([Int], [OpenedFilesystem]) = ([], [])
        for index in state.frozen.reversed() {
            switch filesystems[index].thaw() {
            case .thawed: FrozenDescriptors.remove(filesystems[index].descriptorNumber)
            case .wasNotFrozen:
                FrozenDescriptors.remove(filesystems[index].descriptorNumber)
                foreign.append(filesystems[index])
            case .failed: left.insert(index, at: 0)
            }
        }
        state.frozen = left
        return foreign
    }

    private var expiry: ConsistencyError {
        ConsistencyError(
            .freezeExpired,
            "thawed after \(Int64(maxFreeze / .milliseconds(1))) ms, which is as long as it may be frozen (--max-freeze)"
        )
    }

    private func interference(_ filesystems: [OpenedFilesystem]) -> ConsistencyError {
        let points = filesystems.map(\.mountPoint.string).joined(separator: ", ")
        return ConsistencyError(.freezeFailed, "somebody else thawed \(points) while it was to be frozen")
    }

    private func resistance(_ filesystems: [OpenedFilesystem]) -> ConsistencyError {
        let points = filesystems.map(\.mountPoint.string).joined(separator: ", ")
        return ConsistencyError(
            .freezeFailed, "the kernel refuses to thaw \(points), see its log; thaw it by hand (fsfreeze -u)")
    }

    // MARK: - On the freezing thread

    private func freezeAll() {
        for (index, filesystem) in filesystems.enumerated() {
            guard isFreezing else { return }
            do throws(ConsistencyError) {
                try filesystem.freeze()
            } catch {
                return end(.failed(error))
            }
            state.withLock { state in
                state.frozen.append(index)
                FrozenDescriptors.add(filesystem.descriptorNumber)
                // The time was up, or the parent gone, while the kernel was at it.
                if case .over = state.phase { thawAll(&state) }
            }
        }
        _ = advance(from: { if case .freezing = $0 { true } else { false } }, to: .frozen)
    }

    private var isFreezing: Bool {
        state.withLock { if case .freezing = $0.phase { true } else { false } }
    }
}

/// A second, at the pause between two tries.
private let settlingTryCount = 10
