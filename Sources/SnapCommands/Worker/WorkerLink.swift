internal import FoundationEssentials
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// The end of the line to a worker that the command holds.
///
/// Until `release`, the worker gives up when this process ends, however it does: nobody would know of its snapshot.
struct WorkerLink: ~Copyable {
    private static let program: FilePath = "/proc/self/exe"

    private let process: Subprocess
    private let words: OwnedDescriptor
    private var events: LineReader

    /// Starts a worker: this program again, in a session of its own, so that no Ctrl-C or hangup of ours reaches it.
    static func start(_ order: WorkerOrder) throws(EngineError) -> WorkerLink {
        do throws(SystemError) {
            let words = try Pipe()
            let events = try Pipe()
            var launch = Subprocess.Launch(try File.resolve(program), [WorkerCommand.name])
            launch.input = .descriptor(words.reading.rawValue)
            launch.output = .descriptor(events.writing.rawValue)
            // Until it has a log, where there may be no root yet.
            launch.errors = .inherited
            launch.company = .session
            let process = try Subprocess(launch)
            // The worker's ends are its own: what is left open here would keep the streams from ending.
            let telling = words.keepWriting()
            try telling.writeNext(Self.line(order))
            return WorkerLink(process: process, words: telling, events: LineReader(events.keepReading()))
        } catch {
            throw EngineError(.failed, "no worker can be started: \(error)")
        }
    }

    private init(process: Subprocess, words: consuming OwnedDescriptor, events: consuming LineReader) {
        self.process = process
        self.words = words
        self.events = events
    }

    /// The next thing it tells; nil when nothing came in time. Throws what it failed with; `failed` when it is gone
    /// without a word.
    mutating func next(within timeout: Duration) throws(EngineError) -> WorkerEvent? {
        switch events.next(within: timeout) {
        case .nothing: return nil
        case .end:
            let ending = process.wait(for: .seconds(2))
            throw EngineError(.failed, "the worker \(ending?.description ?? "does not answer any more"); see its log")
        case .line(let line):
            guard let event = try? JSONDecoder().decode(WorkerEvent.self, from: Data(line.utf8)) else { return nil }
            guard case .failed(let code, let explanation, let snapshot) = event else { return event }
            var error = EngineError(code, explanation)
            error.snapshot = snapshot
            throw error
        }
    }

    /// From now on the worker goes on whatever becomes of this process.
    borrowing func release() { say(WorkerWord.release) }

    /// Waits, for a moment, for the end of a worker that is done: then what it took is counted with what we took.
    borrowing func join() { _ = process.wait(for: .seconds(2)) }

    borrowing func cancel(_ reason: String) { say(WorkerWord.cancel + reason) }

    /// A worker that does not listen has ended, and what it ended with comes by `next`.
    private borrowing func say(_ word: String) { try? words.writeNext(Array((word + "\n").utf8)) }

    private static func line(_ order: WorkerOrder) -> [UInt8] {
        guard let bytes = try? JSONEncoder().encode(order) else { preconditionFailure("an order has no JSON") }
        return Array(bytes) + [UInt8(ascii: "\n")]
    }
}
