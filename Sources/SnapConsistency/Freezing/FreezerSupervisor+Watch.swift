internal import Dispatch
internal import Glibc
internal import SnapSystem
internal import Synchronization

/// The thread that watches the freezer, from its start until it is gone.
extension FreezerSupervisor {
    /// Between two tries to thaw while the kernel holds up the end of the process.
    private static let retryPause = Duration.milliseconds(200)

    func watch() {
        listen()
        cleanUp()
        gone.signal()
    }

    /// Until the process has ended, or is to be ended.
    private func listen() {
        var lines = LineBuffer()
        while true {
            let end = state.withLock { $0.end }
            let timeLeft = end.map { max(.zero, ContinuousClock.now.duration(to: $0.instant)) }
            if let end, timeLeft == .zero { return fail(end.reason) }
            let isReadable = Polling.wait(for: [answers.rawValue, waking.reading.rawValue], within: timeLeft)
            if isReadable[1] { _ = try? waking.reading.readNext(upTo: 4_096) }
            guard isReadable[0] else { continue }
            guard let bytes = try? answers.readNext(upTo: 4_096), !bytes.isEmpty else { return }
            lines.append(bytes)
            while let line = lines.next() { hear(line) }
        }
    }

    private func hear(_ line: String) {
        switch FreezerAnswer(line) {
        case .ended(let error):
            noteEnded()
            fail(error)
        case .settled: noteThawed()
        case .some(let answer):
            if case .failed = answer { noteEnded() }
            state.withLock { if $0.answers.count < Self.answerLimit { $0.answers.append(answer) } }
            news.signal()
        case nil: fail(ConsistencyError(.freezeFailed, "the freezer says what it should not: \(line.prefix(200))"))
        }
    }

    /// Thaws before and after the end: a call to freeze that the kernel holds up holds up the end of the process too, and
    /// freezes when it is done.
    private func cleanUp() {
        process.signal(SIGKILL)
        thawWhatMayBeFrozen()
        while process.wait(for: Self.retryPause) == nil { thawWhatMayBeFrozen() }
        thawWhatMayBeFrozen()
        let ending = process.wait().map { "\($0)" } ?? "ended"
        fail(ConsistencyError(.freezeFailed, "the freezer \(ending) by itself; what was frozen is thawed"))
        noteThawed()
    }

    private func thawWhatMayBeFrozen() { if state.withLock({ $0.mayBeFrozen }) { thawAll() } }

    /// FITHAW of all, each on a thread of its own: one that the kernel holds up must not hold up those it waits for.
    func thawAll() {
        let workers = WorkerGroup()
        workers.start("thaw", count: filesystems.count) { [filesystems] index in
            _ = filesystems[filesystems.count - 1 - index].thaw()
        }
        workers.wait()
    }

    /// The first reason counts; after `stop`, none is news.
    private func fail(_ error: ConsistencyError) {
        let action = state.withLock { state -> (@Sendable (ConsistencyError) -> Void)? in
            guard state.failure == nil else { return nil }
            state.failure = error
            state.unexpectedEnd = error
            defer { state.action = nil }
            return state.action
        }
        news.signal()
        action?(error)
    }
}
