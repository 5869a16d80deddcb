internal import ArgumentParser
internal import SnapEngine

/// `snapctl doctor`
struct DoctorCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Find and clear away what dead processes left.",
        discussion: """
            Thaws filesystems that a dead worker left frozen, ends its snapshots or goes on with them, and removes LVM \
            snapshots and clones that nobody needs. Every command does the first two when it starts.

            EXAMPLES
              snapctl doctor --dry-run
            """
    )

    @Flag(help: "Only look, and tell.")
    var dryRun = false

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let configuration = try shared.configuration()
        let findings = try Engine.diagnose(configuration, isDryRun: dryRun)
        if !dryRun { _ = WorkerRun.resumeInterrupted(configuration) }
        try FindingsAnswer(findings: findings).print(as: shared.format)
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
