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
    /// After SIGKILL.
    private static let dyingPeriod = Duration.seconds(5)
    private static let dyingPause = Duration.milliseconds(5)
    /// How long after the program's end its last words may take: a grandchild may keep the streams open.
    private static let lingering = Duration.milliseconds(500)

    /// Runs a program to its end, in a process group of its own, with nothing to read. Past `timeout` the group is ended:
    /// SIGTERM, and SIGKILL a little later. What it leaves in the background after an end of its own goes on.
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
        let outputs = [
            ProgramOutput(output.reading, byteLimit: outputByteLimit),
            ProgramOutput(errors.reading, byteLimit: outputByteLimit),
        ]
        let (ending, hasTimedOut) = process.finish(hearing: outputs, within: timeout, lingering: lingering)
        return Outcome(
            ending: ending, hasTimedOut: hasTimedOut, output: outputs[0].text, errors: outputs[1].text)
    }

    /// Starts a program whose output and errors are heard as one, in the order in which it said them, whatever `launch`
    /// says of these streams. Of what is said the first `byteLimit` bytes are kept, and the last line.
    package static func startHeard(
        _ launch: Launch, byteLimit: Int
    ) throws(SystemError) -> (process: Subprocess, output: ProgramOutput) {
        let pipe = try Pipe()
        var launch = launch
        launch.output = .descriptor(pipe.writing.rawValue)
        launch.errors = launch.output
        let process = try Subprocess(launch)
        try? pipe.writing.close()
        return (process, ProgramOutput(pipe.reading, byteLimit: byteLimit))
    }

    /// Waits for its end, and listens meanwhile, so that it is never held up by a full pipe. Past `timeout` its process
    /// group, which must be its own, is ended. After its end the streams may stay open for `lingering`.
    package func finish(
        hearing outputs: [ProgramOutput], within timeout: Duration, lingering: Duration
    ) -> (ending: Ending, hasTimedOut: Bool) {
        if let ending = hear(outputs, within: timeout, lingering: lingering) { return (ending, false) }
        return (endGroup(within: Self.gracePeriod, hearing: outputs), true)
    }

    /// Ends the process and all that is left of its group, which must be its own, and returns when none of them runs any
    /// more. One that not even SIGKILL ends, since it waits for a disk that does not answer, is left to itself after a few
    /// seconds.
    @discardableResult
    package func endGroup(within grace: Duration, hearing outputs: [ProgramOutput] = []) -> Ending {
        signalGroup(SIGTERM)
        // One that is stopped hears it only when it goes on.
        signalGroup(SIGCONT)
        let ending = hear(outputs, within: grace, lingering: .zero)
        signalGroup(SIGKILL)
        let watch = Stopwatch()
        let last = ending ?? hear(outputs, within: Self.dyingPeriod, lingering: .zero) ?? .signalled(SIGKILL)
        // A signal has only been sent: until its receiver runs again, it keeps its locks and its files.
        while ProcessStat.hasLivingMember(group: number), watch.elapsed < Self.dyingPeriod {
            CurrentProcess.rest(for: Self.dyingPause)
        }
        return last
    }

    /// Until it has ended, and its streams have or `lingering` is over; nil: it still runs when the time is up.
    private func hear(_ outputs: [ProgramOutput], within timeout: Duration, lingering: Duration) -> Ending? {
        let watch = Stopwatch()
        var end = timeout
        var ending: Ending?
        while watch.elapsed < end {
            let descriptors = outputs.map(\.watchedDescriptor) + [ending == nil ? watchedDescriptor : -1]
            if descriptors.allSatisfy({ $0 < 0 }) { break }
            let isReadable = Polling.wait(for: descriptors, within: end - watch.elapsed)
            for (output, isReady) in zip(outputs, isReadable) where isReady { output.listenOnce() }
            if isReadable[outputs.count] {
                ending = wait()
                end = min(end, watch.elapsed + lingering)
            }
        }
        for output in outputs { output.listen() }
        return ending ?? wait(for: .zero)
    }
}
