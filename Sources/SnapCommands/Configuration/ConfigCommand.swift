internal import ArgumentParser
internal import SnapEngine
internal import SystemPackage

/// `snapctl config`
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config",
        abstract: "Show and check the settings.",
        discussion: """
            Settings come from options, over the environment (SNAPCTL_…), over the configuration file, over defaults. \
            The file is /etc/snapctl/snapctl.yaml for root, $XDG_CONFIG_HOME/snapctl/snapctl.yaml or \
            ~/.config/snapctl/snapctl.yaml for others; --config or SNAPCTL_CONFIG name another.
            """,
        subcommands: [ShowConfigCommand.self, CheckConfigCommand.self]
    )
}

/// `snapctl config show`
struct ShowConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Show each setting, and where it is from.",
        discussion: """
            EXAMPLES
              snapctl config show
              snapctl config show --config ./snapctl.yaml --output json
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() throws { try SettingsAnswer(settings: try shared.settings()).print(as: shared.format) }
}

/// `snapctl config check`
struct CheckConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check the configuration file and the environment.",
        discussion: """
            Says nothing but the name of the file when all is well. The first thing that is not understood is told with \
            its line and key, and the exit status is then 78 (10, when it is in the environment).

            EXAMPLES
              snapctl config check --config ./snapctl.yaml
            """
    )

    @OptionGroup var shared: SharedOptions

    func run() throws {
        let settings = try shared.settings()
        _ = try settings.configuration()
        try CheckedAnswer(path: settings.file?.path.string).print(as: shared.format)
    }
}

/// What `config check` says when all is well.
private struct CheckedAnswer: Answer {
    let path: String?

    var value: OutputValue {
        var fields: [OutputField] = []
        fields.append("File", path.map(OutputValue.text))
        fields.append("Valid", .boolean(true))
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        let words =
            path.map { "\($0): " + style.apply(.good, to: "OK") } ?? "There is no configuration file; defaults hold."
        output.append(words + "\n")
    }
}
