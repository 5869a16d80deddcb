internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// The configuration file, read and checked whole (docs/configuration.md).
struct ConfigurationFile: Sendable {
    /// A value as it is written, and its line.
    struct Entry: Sendable {
        var text: String
        var line: Int
    }

    let path: FilePath
    private(set) var entries: [SettingKey: Entry] = [:]
    private(set) var defaultTags: [Tag] = []
    private(set) var recycleBin = RecycleBinRules()
    private(set) var policies: [RetentionPolicy] = []
    /// Where these begin, by key.
    private(set) var lines: [String: Int] = [:]

    static let byteLimit = 1 << 20
    static let defaultTagsKey = "default-tags"
    static let policiesKey = "policies"
    static let recycleBinKey = "recycle-bin"
    static let excludedTagsKey = "recycle-bin.exclude-tags"
    static let recycleBinRulesKey = "recycle-bin.rules"

    /// nil where there is none. Throws `configurationInvalid`, `permissionDenied`.
    static func read(_ path: FilePath) throws(EngineError) -> ConfigurationFile? {
        let bytes: [UInt8]
        do throws(SystemError) {
            bytes = try File.read(path, upTo: byteLimit)
        } catch {
            if error.code == .noSuchFileOrDirectory { return nil }
            let isForbidden = error.code == .permissionDenied
            throw EngineError(isForbidden ? .permissionDenied : .configurationInvalid, "\(error)")
        }
        guard bytes.count < byteLimit else {
            throw EngineError(.configurationInvalid, "\(path) is too long for a configuration")
        }
        return try ConfigurationFile(path, String(decoding: bytes, as: UTF8.self))
    }

    /// Parses YAML, of which JSON is a part.
    init(_ path: FilePath, _ text: String) throws(EngineError) {
        self.path = path
        guard let whole = try ConfigurationNode.whole(of: text, file: path.string) else { return }
        let names = SettingKey.allCases.map(\.rawValue).filter { !$0.contains(".") }
        let sections = [Self.defaultTagsKey, Self.policiesKey, Self.recycleBinKey]
        let parts = try whole.parts(named: names + sections)
        for name in names {
            if let part = parts[name], let key = SettingKey(rawValue: name) { try take(key, part) }
        }
        if let part = parts[Self.defaultTagsKey] {
            defaultTags = try TagSection.tags(part)
            lines[Self.defaultTagsKey] = part.line
        }
        if let part = parts[Self.recycleBinKey] { try takeRecycleBin(part) }
        if let part = parts[Self.policiesKey] {
            policies = try PolicySection.policies(part)
            lines[Self.policiesKey] = part.line
        }
    }

    private mutating func take(_ key: SettingKey, _ part: ConfigurationNode) throws(EngineError) {
        let text = try part.text()
        if let complaint = key.complaint(about: text) { throw part.refusal(text, complaint) }
        // Whoever reads it next works in another folder.
        if key.isPath, !text.hasPrefix("/") { throw part.refusal(text, "a path begins with / here") }
        entries[key] = Entry(text: text, line: part.line)
    }

    private mutating func takeRecycleBin(_ section: ConfigurationNode) throws(EngineError) {
        let parts = try section.parts(named: ["days", "exclude-tags", "rules"])
        if let days = parts["days"] {
            try take(.recycleBinDays, days)
            recycleBin.days = try Self.days(days)
        }
        if let tags = parts["exclude-tags"] {
            recycleBin.excludedTags = try TagSection.selectors(tags)
            lines[Self.excludedTagsKey] = tags.line
        }
        guard let rules = parts["rules"] else { return }
        lines[rules.key] = rules.line
        recycleBin.rules = try rules.elements().map { (rule) throws(EngineError) in
            let parts = try rule.parts(named: ["tags", "days"])
            guard let tags = parts["tags"], let days = parts["days"] else {
                throw rule.failure("a rule has tags and days")
            }
            return RecycleBinRules.Rule(tags: try TagSection.selectors(tags), days: try Self.days(days))
        }
    }

    private static func days(_ part: ConfigurationNode) throws(EngineError) -> Int {
        let text = try part.text()
        guard let count = SettingKey.number(text, RecycleBinRules.dayRange) else {
            throw part.refusal(text, SettingKey.recycleBinDays.complaint(about: text))
        }
        return count
    }
}
