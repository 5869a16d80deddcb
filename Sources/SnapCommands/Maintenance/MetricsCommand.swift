internal import ArgumentParser
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// `snapctl metrics`
struct MetricsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "metrics",
        abstract: "Tell Prometheus how the snapshots of each volume are.",
        discussion: """
            Prints the text that the textfile collector of node_exporter reads: when the last good snapshot of each volume was \
            taken, sizes, durations, failures, and what the store takes. With --textfile, the file is replaced at once. The file \
            that metrics-file in the configuration names is renewed by each create, resume, policy apply and maintain.

            EXAMPLES
              snapctl metrics
              snapctl metrics --textfile /var/lib/prometheus/node-exporter/snapctl.prom
            """
    )

    @Option(
        help: ArgumentHelp("Write to this file, and print nothing.", valueName: "file"), completion: .file())
    var textfile: String?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if textfile == "" { throw EngineError(.invalidParameter, "the value of --textfile is empty") }
        let configuration = try shared.configuration()
        let text = PrometheusText.of(try Engine.open(configuration).metrics(), at: .now())
        guard let textfile else {
            let output = OutputBuffer(to: .output)
            output.append(text)
            return try output.finish()
        }
        try MetricsFile.write(text, to: PointInTimeArguments.absolute(textfile))
    }
}
