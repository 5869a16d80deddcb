internal import ArgumentParser
internal import SnapEngine
internal import SystemPackage

/// `snapctl doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find and clear away what dead processes left.",
        discussion: """
            Thaws filesystems that a dead worker left frozen, ends its snapshots or goes on with them, and removes LVM \
            snapshots and clones that nobody needs. Every command does the first two when it starts. Shows the volumes for \
            which the method live is not used any more, since an image of it differed from the volume.

            EXAMPLES
              snapctl doctor --dry-run
              snapctl doctor --allow-live /dev/vdb
            """
    )

    @Flag(help: "Only look, and tell.")
    var dryRun = false

    @Option(
        help: ArgumentHelp("Use live for this volume again: what made its image differ is known.", valueName: "path"),
        completion: .file())
    var allowLive: String?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let configuration = try shared.configuration()
        if let allowLive { try allow(allowLive, configuration) }
        let findings = try Engine.diagnose(configuration, isDryRun: dryRun)
        if !dryRun { _ = WorkerRun.resumeInterrupted(configuration) }
        try FindingsAnswer(findings: findings).print(as: shared.format)
    }

    private func allow(_ path: String, _ configuration: EngineConfiguration) throws {
        guard try LiveDistrust.forgive(FilePath(path), in: configuration.root) else {
            throw EngineError(
                .invalidParameter, "live is not held back for \(path); 'snapctl doctor --dry-run' lists those it is")
        }
    }
}

/// What `doctor` found.
private struct FindingsAnswer: Answer {
    let findings: [Finding]

    var value: OutputValue {
        .record([
            OutputField(
                "Findings",
                .list(
                    findings.map { finding in
                        .record([
                            OutputField("Kind", .text(finding.kind.rawValue)),
                            OutputField("Explanation", .text(finding.explanation)),
                            OutputField("Remedy", .text(finding.remedy)),
                        ])
                    }))
        ])
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        if findings.isEmpty { return output.append("Nothing was left behind.\n") }
        for finding in findings { output.append("\(finding.explanation): \(finding.remedy)\n") }
    }
}
