internal import Glibc
package import SystemPackage

extension Subprocess {
    /// What came of running a program to its end.
    package struct Outcome: Sendable {
        package var ending: Ending
        /// Its time was up, and its process group was ended.
        package var hasTimedOut: Bool
        /// The first `outputByteLimit` bytes of each.
        package var output: String
        package var errors: String

        package var isSuccess: Bool { ending.isSuccess && !hasTimedOut }
    }

    /// More than this of what a program says is read, and dropped.
    private static let outputByteLimit = 1 << 20
    /// Between SIGTERM and SIGKILL.
    private static let gracePeriod = Duration.seconds(2)
    /// How long after the program's end its last words may take: a grandchild may keep the streams open.
    private static let lingering = Duration.milliseconds(500)

    /// Runs a program to its end, in a process group of its own, with nothing to read. Past `timeout` the group is ended:
    /// SIGTERM, and SIGKILL a little later.
    package static func run(
        _ program: FilePath, _ arguments: [String], environment: [String: String]? = nil, timeout: Duration
    ) throws(SystemError) -> Outcome {
        let output = try Pipe()
        let errors = try Pipe()
        var launch = Launch(program, arguments, environment: environment)
        launch.output = .descriptor(output.writing.rawValue)
        launch.errors = .descriptor(errors.writing.rawValue)
        launch.company = .group
        let process = try Subprocess(launch)
        // Only the program's own ends stay, so that the streams end with it.
        try? output.writing.close()
        try? errors.writing.close()
        var texts = [Collected(limit: outputByteLimit), Collected(limit: outputByteLimit)]
        collect(&texts, output.reading, errors.reading, process, timeout)
        let ending = process.wait(for: .zero)
        let final = ending ?? process.endGroup(within: gracePeriod)
        return Outcome(ending: final, hasTimedOut: ending == nil, output: texts[0].text, errors: texts[1].text)
    }

    /// Ends the process and all that is left of its group.
    @discardableResult
    package func endGroup(within grace: Duration) -> Ending {
        signalGroup(SIGTERM)
        // One that is stopped hears it only when it goes on.
        signalGroup(SIGCONT)
        let ending = wait(for: grace)
        signalGroup(SIGKILL)
        if let ending { return ending }
        guard let final = wait() else { preconditionFailure("a wait without a timeout has an ending") }
        return final
    }

    private struct Collected {
        var limit: Int
        var bytes: [UInt8] = []
        var hasEnded = false

        init(limit: Int) { self.limit = limit }

        var text: String { String(decoding: bytes, as: UTF8.self) }

        mutating func readNext(from stream: borrowing OwnedDescriptor) {
            guard let part = try? stream.readNext(upTo: 65_536), !part.isEmpty else {
                hasEnded = true
                return
            }
            bytes += part.prefix(limit - bytes.count)
        }
    }

    /// Until both streams have ended, or the time is up: that of the program, or after its end that of its last words.
    private static func collect(
        _ texts: inout [Collected], _ output: borrowing OwnedDescriptor, _ errors: borrowing OwnedDescriptor,
        _ process: Subprocess, _ timeout: Duration
    ) {
        let watch = Stopwatch()
        var end = timeout
        var hasEnded = false
        while watch.elapsed < end {
            let descriptors = [
                texts[0].hasEnded ? -1 : output.rawValue, texts[1].hasEnded ? -1 : errors.rawValue,
                hasEnded ? -1 : process.watchedDescriptor,
            ]
            if descriptors.allSatisfy({ $0 < 0 }) { return }
            let isReadable = Polling.wait(for: descriptors, within: end - watch.elapsed)
            if isReadable[0] { texts[0].readNext(from: output) }
            if isReadable[1] { texts[1].readNext(from: errors) }
            if isReadable[2] {
                hasEnded = true
                end = min(end, watch.elapsed + lingering)
            }
        }
    }
}
