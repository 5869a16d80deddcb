internal import SnapSystem
internal import SystemPackage

/// A program that is called with `freeze` before the freeze, and with `thaw` after it.
struct Hook: Hashable, Sendable {
    enum Call: String, Sendable { case freeze, thaw }

    /// One call that has ended.
    struct Ended: Sendable {
        let ending: Subprocess.Ending
        let hasTimedOut: Bool
        let duration: Duration
        /// Of what it says and what it left in the background.
        let output: ProgramOutput

        var isSuccess: Bool { ending.isSuccess && !hasTimedOut }
    }

    let path: FilePath

    var name: String { path.lastComponent?.string ?? path.string }

    /// Runs it, in a process group of its own, which is ended when its time is up. What it leaves in the background after
    /// an end in time goes on. Throws when it cannot be started.
    func run(_ call: Call, environment: [String: String], timeout: Duration) throws(SystemError) -> Ended {
        let watch = Stopwatch()
        let (process, output) = try start(call, environment)
        // Its own last words lie in the pipe when it has ended; whoever it left in the background may take its time.
        let (ending, hasTimedOut) = process.finish(hearing: [output], within: timeout, lingering: .zero)
        return Ended(ending: ending, hasTimedOut: hasTimedOut, duration: watch.elapsed, output: output)
    }

    private static let outputByteLimit = 1 << 16

    /// A script without a first line that names its interpreter is one for sh, as when a shell calls it.
    private func start(
        _ call: Call, _ environment: [String: String]
    ) throws(SystemError) -> (process: Subprocess, output: ProgramOutput) {
        var launch = Subprocess.Launch(path, [call.rawValue], environment: environment)
        launch.company = .group
        do throws(SystemError) {
            return try Subprocess.startHeard(launch, byteLimit: Self.outputByteLimit)
        } catch {
            guard error.code == .execFormatError else { throw error }
            launch.program = "/bin/sh"
            launch.arguments = [path.string, call.rawValue]
            return try Subprocess.startHeard(launch, byteLimit: Self.outputByteLimit)
        }
    }
}
