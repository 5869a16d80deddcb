internal import ArgumentParser
internal import SnapEngine
internal import SnapSystem

/// The options that every verb takes.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            Folder of the catalogue and the store. Without it: SNAPCTL_ROOT, else /var/lib/snapctl for root, \
            $XDG_DATA_HOME/snapctl or ~/.local/share/snapctl for others.
            """,
            valueName: "dir"
        ),
        completion: .directory
    )
    var root: String?

    @Option(
        help: ArgumentHelp(
            "How the answer is printed. Without it: a table on a terminal, else JSON.",
            valueName: "format"
        )
    )
    var output: OutputFormat?

    @Flag(name: .shortAndLong, help: "Show no progress.")
    var quiet = false

    var format: OutputFormat { output ?? (StandardStream.output.isTerminal ? .table : .json) }

    func configuration(packByteCount: Int? = nil) throws(EngineError) -> EngineConfiguration {
        try Settings.current.configuration(root: root, packByteCount: packByteCount)
    }

    func openEngine() throws(EngineError) -> Engine { try Engine.open(configuration()) }
}
