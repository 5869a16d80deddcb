internal import ArgumentParser
internal import SnapEngine
internal import SnapSystem

/// The whole program: parse, run, tell by one line and one status how it ended.
package enum Program {
    package static func main() -> Never {
        Environment.ignoreBrokenPipes()
        let words = Array(CommandLine.arguments.dropFirst())
        if let run = OperationRun(words) { end(run.run()) }
        do {
            var command = try Snapctl.parseAsRoot(OperationTable.withoutServiceName(words))
            try command.run()
        } catch {
            end(error)
        }
        Snapctl.exit()
    }

    /// How long a reader of standard error who has stopped reading may hold up the end.
    private static let lastWordTimeout = Duration.seconds(2)

    private static func end(_ ending: OperationRun.Ending) -> Never {
        if let line = ending.line { say(line) }
        Snapctl.exit(withError: ExitCode(ending.status))
    }

    private static func end(_ error: any Error) -> Never {
        switch error {
        case let error as EngineError:
            say(ErrorTable.line(for: error))
            Snapctl.exit(withError: ExitCode(ErrorTable.entry(for: error.code).exitStatus))
        case let usage as OperationUsage:
            say("snapctl: error: \(usage.message)")
            Snapctl.exit(withError: ExitCode(ErrorTable.usage.exitStatus))
        case let error as SystemError:
            say("snapctl: error: \(error)")
            Snapctl.exit(withError: ExitCode(ErrorTable.outputFailed.exitStatus))
        case _ where Snapctl.exitCode(for: error) == .validationFailure:
            say(usageMessage(for: error))
            Snapctl.exit(withError: ExitCode.validationFailure)
        default:
            // Help, the version, a completion script, or a status that a verb chose.
            Snapctl.exit(withError: error)
        }
    }

    /// ArgumentParser's message and usage, in our form of an error.
    static func usageMessage(for error: any Error) -> String {
        let message = Snapctl.fullMessage(for: error)
        let start = "Error: "
        return "snapctl: error: "
            + (message.hasPrefix(start) ? String(message.dropFirst(start.count)) : message)
    }

    private static func say(_ line: String) {
        _ = StandardStream.error.write(Array((line + "\n").utf8), within: lastWordTimeout)
    }
}
