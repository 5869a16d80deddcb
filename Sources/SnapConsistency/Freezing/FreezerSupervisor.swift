internal import Dispatch
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// What `Freezer` shares with the thread that watches the process: it hears the answers, keeps the second deadline, and thaws
/// itself when the process cannot.
final class FreezerSupervisor: Sendable {
    struct State {
        /// Not yet taken by whoever asked.
        var answers: [FreezerAnswer] = []
        /// Why nothing more can be asked.
        var failure: ConsistencyError?
        /// When the process is ended, and why.
        var end: (instant: ContinuousClock.Instant, reason: ConsistencyError)?
        /// From before the first FIFREEZE until it is known that all is thawed.
        var mayBeFrozen = false
        var isStopping = false
        var unexpectedEnd: ConsistencyError?
        var action: (@Sendable (ConsistencyError) -> Void)?
    }

    let filesystems: [OpenedFilesystem]
    let maxFreeze: Duration
    let journal: FreezeJournal?
    let process: Subprocess
    /// Ends with the process.
    let answers: OwnedDescriptor
    /// Read by the watching thread when the state has something new for it.
    let waking: Pipe
    let state = Mutex(State())
    /// Signalled for every change that somebody may wait for.
    let news = DispatchSemaphore(value: 0)
    /// Signalled when the process is gone and all is thawed; whoever waits passes it on.
    let gone = DispatchSemaphore(value: 0)
    /// Its end is the freezer's word to thaw and to leave.
    private let commands: Mutex<OwnedDescriptor?>
    /// One command at a time.
    private let turn = Mutex(())
    private let readyWords = Mutex("")

    /// Of a process that is started: all of the program is read and locked.
    private static let startBound = Duration.seconds(60)
    /// Twice a second it says that it is still writing back.
    private static let silenceBound = Duration.seconds(20)
    private static let answerBound = Duration.seconds(5)
    /// After the deadline, which the freezer itself keeps.
    private static let grace = Duration.milliseconds(500)
    private static let stopBound = Duration.seconds(1)
    /// How long `stop` waits where the kernel holds up the end of the process.
    private static let goneBound = Duration.seconds(5)
    /// More answers than this are not asked for.
    static let answerLimit = 16

    init(
        _ filesystems: [OpenedFilesystem], maxFreeze: Duration, journal: FreezeJournal?, program: FilePath
    ) throws(ConsistencyError) {
        (self.filesystems, self.maxFreeze, self.journal) = (filesystems, maxFreeze, journal)
        do throws(SystemError) {
            let input = try Pipe()
            let output = try Pipe()
            waking = try Pipe()
            var launch = Subprocess.Launch(program, Self.arguments(filesystems, maxFreeze))
            launch.input = .descriptor(input.reading.rawValue)
            launch.output = .descriptor(output.writing.rawValue)
            // Ctrl-C is for this process to hear, which then thaws in order.
            launch.company = .session
            process = try Subprocess(launch)
            // Only the freezer's own ends stay open beside these, so that each pipe ends with the process at its other end.
            commands = Mutex(input.keepWriting())
            answers = output.keepReading()
        } catch {
            throw ConsistencyError(error)
        }
        WorkerGroup().start("freezer-watch") { [self] _ in watch() }
        try awaitReady()
    }

    var shortcomings: String { readyWords.withLock { $0 } }

    var processNumber: Int32 { process.number }

    private static func arguments(_ filesystems: [OpenedFilesystem], _ maxFreeze: Duration) -> [String] {
        let milliseconds = max(1, Int64(maxFreeze / .milliseconds(1)))
        return ["freezer", "--max-freeze-ms", String(milliseconds)]
            + filesystems.map { "\($0.number):\($0.mountPoint)" }
    }

    private func awaitReady() throws(ConsistencyError) {
        do throws(ConsistencyError) {
            guard case .ready(let words) = try awaitAnswer(within: Self.startBound) else {
                throw ConsistencyError(.freezeFailed, "the freezer did not say that it is ready")
            }
            readyWords.withLock { $0 = words }
        } catch {
            stop()
            throw error
        }
    }

    // MARK: - Commands

    func freeze() throws(ConsistencyError) {
        try noteFreezing()
        try expect(.synchronised, try ask(.synchronise, within: Self.silenceBound))
        allowFreeze()
        try expect(.frozen, try ask(.freeze, within: maxFreeze + Self.grace + Self.answerBound))
    }

    /// A freezer that has ended meanwhile has removed its journal already, maybe before it was written.
    private func noteFreezing() throws(ConsistencyError) {
        guard let journal else { return }
        try journal.write(filesystems, freezer: process.number)
        guard let failure = state.withLock({ $0.failure }) else { return }
        journal.remove()
        throw failure
    }

    func confirmFrozen() throws(ConsistencyError) {
        try expect(.frozen, try ask(.confirm, within: Self.answerBound))
    }

    func thaw() throws(ConsistencyError) -> Duration {
        let answer = try ask(.thaw, within: Self.answerBound)
        switch answer {
        case .thawed(let duration):
            noteThawed()
            return duration
        case .failed(let error):
            // Where the freezer could not, this process may.
            thawAll()
            throw error
        default: throw Self.unexpected(answer)
        }
    }

    private func expect(_ expected: FreezerAnswer, _ answer: FreezerAnswer) throws(ConsistencyError) {
        if case .failed(let error) = answer { throw error }
        guard answer == expected else { throw Self.unexpected(answer) }
    }

    private static func unexpected(_ answer: FreezerAnswer) -> ConsistencyError {
        if case .thawed = answer { return ConsistencyError(.freezeFailed, "the filesystems are thawed already") }
        return ConsistencyError(.freezeFailed, "the freezer answers \(answer), which was not asked")
    }

    /// Its answer; for each sign of life before it, the time begins anew.
    private func ask(_ command: FreezerCommand, within bound: Duration) throws(ConsistencyError) -> FreezerAnswer {
        try turn.withLock { _ throws(ConsistencyError) in
            state.withLock { $0.answers.removeAll() }
            commands.withLock { commands in
                // Where it fails, the process is gone, and the watching thread tells why.
                if commands != nil { try? commands?.writeNext(command.line) }
            }
            while true {
                let answer = try awaitAnswer(within: bound)
                if answer != .synchronising { return answer }
            }
        }
    }

    private func awaitAnswer(within bound: Duration) throws(ConsistencyError) -> FreezerAnswer {
        let end = DispatchTime.now() + .milliseconds(Int(bound / .milliseconds(1)))
        while true {
            let (answer, failure) = state.withLock { state in
                (state.answers.isEmpty ? nil : state.answers.removeFirst(), state.failure)
            }
            if let answer { return answer }
            if let failure { throw failure }
            guard news.wait(timeout: end) == .success else { break }
        }
        let error = ConsistencyError(.freezeFailed, "the freezer does not answer; it was ended, and all thawed")
        endProcess(at: .now, error)
        throw error
    }

    // MARK: - The end

    func stop() {
        state.withLock { state in
            state.isStopping = true
            state.failure = state.failure ?? ConsistencyError(.cancelled, "the freezer was stopped")
        }
        news.signal()
        commands.withLock { $0 = nil }
        endProcess(at: .now + Self.stopBound, ConsistencyError(.cancelled, "the freezer was stopped"))
        let bound = Self.stopBound + Self.goneBound
        if gone.wait(timeout: .now() + .milliseconds(Int(bound / .milliseconds(1)))) == .success { gone.signal() }
    }

    func onUnexpectedEnd(_ action: @escaping @Sendable (ConsistencyError) -> Void) {
        let error = state.withLock { state in
            if state.unexpectedEnd == nil { state.action = action }
            return state.unexpectedEnd
        }
        if let error { action(error) }
    }

    /// The second deadline begins.
    private func allowFreeze() {
        state.withLock { $0.mayBeFrozen = true }
        endProcess(
            at: .now + maxFreeze + Self.grace,
            ConsistencyError(.freezeExpired, "the freezer did not thaw in time; it was ended, and all thawed"))
    }

    private func endProcess(at instant: ContinuousClock.Instant, _ reason: ConsistencyError) {
        state.withLock { state in
            if let end = state.end, end.instant <= instant { return }
            state.end = (instant, reason)
        }
        try? waking.writing.writeNext([0])
    }

    /// Nothing is frozen any more, by the freezer's own word or by this process.
    func noteThawed() {
        state.withLock { state in
            state.mayBeFrozen = false
            // The second deadline, unless it is to end anyway.
            if !state.isStopping { state.end = nil }
        }
        journal?.remove()
    }

    /// It has given up the freeze, and lives: what the kernel still holds up it thaws by itself when that is done, also after
    /// this process. To end it would only leave nobody to do so.
    func noteEnded() { state.withLock { $0.end = nil } }
}
