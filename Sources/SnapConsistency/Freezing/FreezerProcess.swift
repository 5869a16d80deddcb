internal import Glibc
internal import SnapSystem
internal import SystemPackage

/// The process that freezes: `snapctl freezer`, started by `Freezer`. Its control is told in FreezerWords.swift.
///
/// It thaws on command, at its deadline, on every signal that can be caught, and when its standard input ends, that is when
/// its parent does, however that dies. It waits on nothing that a frozen filesystem could hold up: its memory is locked, its
/// mount points are open, it writes to pipes only.
package enum FreezerProcess {
    /// `filesystems`: `MAJOR:MINOR:MOUNTPOINT` each, in the order in which they are to be frozen.
    package static func main(_ filesystems: [String], maxFreeze: Duration) -> Never {
        do throws(ConsistencyError) {
            try FreezerLoop(filesystems, maxFreeze: maxFreeze).run()
        } catch {
            say(.failed(error))
            _exit(1)
        }
    }

    /// Nobody listens any more where it fails; the end of standard input tells the same.
    static func say(_ answer: FreezerAnswer) { try? StandardStream.output.write(answer.line) }
}

/// The one thread that hears and answers.
private struct FreezerLoop: ~Copyable {
    private let frozen: FrozenFilesystems
    private let commands: OwnedDescriptor
    private let signals: Pipe
    /// What could not be done to keep this process alive and quick, in words.
    private let shortcomings: String
    private var lines = LineBuffer()
    private var lastAnswer: FreezerAnswer?
    private var hasSaidSettled = false

    init(_ words: [String], maxFreeze: Duration) throws(ConsistencyError) {
        let filesystems = try Self.open(words)
        let pipe = try Self.pipe()
        signals = pipe
        commands = OwnedDescriptor(adopting: 0, path: "standard input")
        frozen = FrozenFilesystems(filesystems, maxFreeze: maxFreeze, onChange: FreezerSignals.wakeLoop)
        FreezerSignals.catchAll(signals.writing)
        shortcomings = Self.prepareMemory()
    }

    private static func open(_ words: [String]) throws(ConsistencyError) -> [OpenedFilesystem] {
        var filesystems: [OpenedFilesystem] = []
        for word in words {
            let parts = word.split(separator: ":", maxSplits: 2)
            guard parts.count == 3, let number = DeviceNumber("\(parts[0]):\(parts[1])") else {
                throw ConsistencyError(.freezeFailed, "\(word) is not MAJOR:MINOR:MOUNTPOINT")
            }
            let filesystem = try OpenedFilesystem(FilePath(String(parts[2])))
            guard filesystem.number == number else {
                throw ConsistencyError(.freezeFailed, "\(parts[2]) holds another filesystem than a moment ago")
            }
            filesystems.append(filesystem)
        }
        return filesystems
    }

    private static func pipe() throws(ConsistencyError) -> Pipe {
        do throws(SystemError) {
            try UnswappableProcess.leaveWorkingFolder()
            return try Pipe()
        } catch {
            throw ConsistencyError(error)
        }
    }

    private static func prepareMemory() -> String {
        var words: [String] = []
        do throws(SystemError) {
            try UnswappableProcess.refuseToBeKilledForMemory()
        } catch {
            words.append(error.description)
        }
        do throws(SystemError) {
            try UnswappableProcess.lockMemory()
        } catch {
            words.append(error.description)
        }
        return words.joined(separator: "; ")
    }

    // MARK: - The loop

    consuming func run() -> Never {
        FreezerProcess.say(.ready(shortcomings))
        lastAnswer = .ready("")
        while true {
            let isReadable = Polling.wait(for: [commands.rawValue, signals.reading.rawValue], within: frozen.patience)
            // Before commands: after a pause of this process its time may be up.
            frozen.keepTime()
            if isReadable[1] { hearSignals() }
            if isReadable[0] { hearCommands() }
            sayNews()
        }
    }

    /// What changed by itself or was asked for, and the heartbeat.
    private mutating func sayNews() {
        if let answer = frozen.answer, answer != lastAnswer || answer == .synchronising {
            lastAnswer = answer
            FreezerProcess.say(answer)
        }
        if !hasSaidSettled, frozen.isSettled {
            hasSaidSettled = true
            FreezerProcess.say(.settled)
        }
    }

    private mutating func hearCommands() {
        guard let bytes = try? commands.readNext(upTo: 4_096), !bytes.isEmpty else {
            leave(ConsistencyError(.cancelled, "the process that asked for it is gone"), status: 0)
        }
        lines.append(bytes)
        while let line = lines.next() { obey(line) }
    }

    private mutating func obey(_ line: String) {
        switch FreezerCommand(rawValue: line) {
        case .synchronise: frozen.synchronise()
        case .freeze: frozen.freeze()
        case .thaw: frozen.thaw()
        case .confirm, nil: break
        }
        // Each command has an answer, also where nothing changed.
        lastAnswer = nil
        sayNews()
    }

    private mutating func hearSignals() {
        let bytes = (try? signals.reading.readNext(upTo: 4_096)) ?? []
        guard let number = bytes.first(where: { $0 != 0 }) else { return }
        leave(ConsistencyError(.freezeFailed, "the freezer was ended by signal \(number)"), status: 128 + CInt(number))
    }

    private func leave(_ reason: ConsistencyError, status: CInt) -> Never {
        frozen.end(.ended(reason))
        if let answer = frozen.answer { FreezerProcess.say(answer) }
        frozen.settle()
        if frozen.isSettled { FreezerProcess.say(.settled) }
        _exit(status)
    }
}
