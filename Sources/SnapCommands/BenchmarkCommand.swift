internal import ArgumentParser
internal import SnapEngine
internal import SnapSystem
internal import SystemPackage

/// `snapctl benchmark`
struct BenchmarkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "benchmark",
        abstract: "Measure what this machine can do.",
        discussion: """
            Measures reading (with --volume), SHA-256, LZ4 and writing, one line each, in GiB/s. A volume is only \
            read. What is written goes to a temporary file on the filesystem of the store.

            EXAMPLES
              snapctl benchmark
              snapctl benchmark --volume /dev/vdb
            """
    )

    @Option(
        help: ArgumentHelp("A block device or file to read from.", valueName: "path"),
        completion: .file()
    )
    var volume: String?

    @OptionGroup var shared: SharedOptions

    func run() throws {
        if volume == "" { throw EngineError(.invalidParameter, "the value of --volume is empty") }
        let scratch = Self.nearestFolder(to: try shared.configuration().root)
        let output = OutputBuffer(to: .output)
        var lines: [BenchmarkLine] = []
        let printsAtOnce = shared.format == .table
        try Engine.benchmark(volume: volume.map { FilePath($0) }, scratch: scratch) { line in
            lines.append(line)
            guard printsAtOnce else { return }
            output.append(BenchmarkAnswer.words(for: line) + "\n")
            output.flush()
        }
        if !printsAtOnce { BenchmarkAnswer(lines: lines).write(as: shared.format, to: output) }
        try output.finish()
    }

    /// The folder itself, or, before the first snapshot, the one in which it would be made.
    static func nearestFolder(to path: FilePath) -> FilePath {
        var folder = path
        while !folder.isEmpty, !File.exists(folder) {
            guard folder.removeLastComponent() else { break }
        }
        return folder.isEmpty ? "." : folder
    }
}
