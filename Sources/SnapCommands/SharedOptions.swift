internal import ArgumentParser
internal import SnapEngine
internal import SnapSystem

/// The options that every verb takes.
struct SharedOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            The configuration file. Without it: SNAPCTL_CONFIG, else /etc/snapctl/snapctl.yaml for root, \
            $XDG_CONFIG_HOME/snapctl/snapctl.yaml or ~/.config/snapctl/snapctl.yaml for others.
            """,
            valueName: "file"
        ),
        completion: .file()
    )
    var config: String?

    @Option(
        help: ArgumentHelp(
            """
            Folder of the catalogue and the store. Without it: SNAPCTL_ROOT, the configuration, else /var/lib/snapctl for root, \
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

    /// With the options of the verb, and those that every verb takes, over all else.
    func settings(_ flags: [SettingKey: String?] = [:]) throws(EngineError) -> Settings {
        if root == "" { throw EngineError(.invalidParameter, "the value of --root is empty") }
        let flags = flags.merging([.root: root]) { $1 }.compactMapValues { $0 }
        return try Settings.current(path: config, flags: flags)
    }

    func configuration() throws(EngineError) -> EngineConfiguration { try settings().configuration() }

    func openEngine() throws(EngineError) -> Engine { try Engine.open(configuration()) }
}
