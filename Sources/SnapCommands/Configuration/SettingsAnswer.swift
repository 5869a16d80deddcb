internal import SnapModel
internal import SystemPackage

/// What `config show` says.
struct SettingsAnswer: Answer {
    let settings: Settings

    private var all: [Setting] { SettingKey.allCases.map(settings.setting) + settings.sections }

    var value: OutputValue {
        var fields: [OutputField] = []
        fields.append("File", settings.file.map { .text($0.path.string) })
        fields.append("Settings", .list(all.map(Self.record(of:))))
        return .record(fields)
    }

    func writeTable(to output: OutputBuffer, style: Style, columnCount: Int?) {
        var table = Table([.init("KEY"), .init("VALUE"), .init("FROM")])
        for setting in all {
            table.append([.init(setting.key), .init(setting.text ?? "–"), .init(setting.origin.words)])
        }
        table.write(to: output, style: style, columnCount: columnCount)
    }

    private static func record(of setting: Setting) -> OutputValue {
        var fields: [OutputField] = []
        fields.append("Key", .text(setting.key))
        fields.append("Value", setting.text.map(OutputValue.text))
        fields.append("Origin", .text(setting.origin.name))
        switch setting.origin {
        case .environment(let variable): fields.append("Variable", .text(variable))
        case .file(let path, let line):
            fields.append("File", .text(path))
            fields.append("Line", .integer(line))
        case .flag, .builtIn: break
        }
        return .record(fields)
    }
}

extension Settings {
    /// What only the file has, in a few words each.
    fileprivate var sections: [Setting] {
        [
            section(ConfigurationFile.defaultTagsKey, file.map { Self.words(for: $0.defaultTags) }),
            section(
                ConfigurationFile.excludedTagsKey,
                file.map { $0.recycleBin.excludedTags.map(Self.words).joined(separator: ", ") }),
            section(
                ConfigurationFile.recycleBinRulesKey, file.map { HumanText.count($0.recycleBin.rules.count, "rule") }),
            section(ConfigurationFile.policiesKey, file.map { $0.policies.map(\.name).joined(separator: ", ") }),
        ]
    }

    private func section(_ key: String, _ text: String?) -> Setting {
        guard let file, let line = file.lines[key] else { return Setting(key: key, text: nil, origin: .builtIn) }
        return Setting(key: key, text: text, origin: .file(path: file.path.string, line: line))
    }

    private static func words(for selector: TagSelector) -> String {
        selector.key + (selector.value.map { "=" + $0 } ?? "")
    }

    private static func words(for tags: [Tag]) -> String {
        tags.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
}
