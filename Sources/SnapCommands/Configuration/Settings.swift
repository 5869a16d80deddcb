internal import Configuration
internal import SnapConsistency
internal import SnapEngine
internal import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// The settings of a command: its flags, over the environment, over the configuration file, over defaults.
struct Settings: Sendable {
    static let ownerDigitCount = 12
    static let systemRoot: FilePath = "/var/lib/snapctl"
    static let systemLogDirectory: FilePath = "/var/log/snapctl"
    static let defaultScrubTime = Duration.seconds(3_600)

    let file: ConfigurationFile?
    /// The file that was asked for, by `--config` or the environment; nil for the usual one.
    let namedFile: String?
    private let variables: [String: String]
    private let isSuperuser: Bool
    private let reader: ConfigReader
    private let access = AccessNote()

    /// `flags` are checked by whoever parsed them. Throws `configurationInvalid` for what is wrong in the file,
    /// `invalidParameter` for what is wrong in the environment.
    init(
        flags: [SettingKey: String] = [:], variables: [String: String], file: ConfigurationFile? = nil,
        namedFile: String? = nil, isSuperuser: Bool
    ) throws(EngineError) {
        self.file = file
        self.namedFile = namedFile
        self.variables = variables
        self.isSuperuser = isSuperuser
        reader = ConfigReader(
            providers: [
                Self.provider(.flag, flags),
                Self.provider(.environment, try Self.checked(variables)),
                Self.provider(.file, (file?.entries ?? [:]).mapValues(\.text)),
            ],
            accessReporter: access)
    }

    /// Of this process. `path`: the file that `--config` names.
    static func current(
        path: String? = nil, flags: [SettingKey: String] = [:]
    ) throws(EngineError) -> Settings {
        let variables = Environment.all.filter { !$0.value.isEmpty }
        let isSuperuser = Environment.isSuperuser
        return try Settings(
            flags: flags, variables: variables,
            file: try ConfigurationPlace.read(option: path, variables, isSuperuser: isSuperuser),
            namedFile: path ?? variables[ConfigurationPlace.variable], isSuperuser: isSuperuser)
    }

    /// The value of a key, and where it is from.
    func setting(_ key: SettingKey) -> Setting {
        guard let text = reader.string(forKey: ConfigKey(key.rawValue)) else {
            return Setting(key: key.rawValue, text: builtIn(key), origin: .builtIn)
        }
        return Setting(key: key.rawValue, text: text, origin: origin(key))
    }

    /// The value, wherever it is from.
    func text(_ key: SettingKey) -> String? { setting(key).text }

    private func origin(_ key: SettingKey) -> Setting.Origin {
        switch access.source(of: key.rawValue) {
        case .flag: .flag
        case .environment: .environment(variable: key.variable)
        case .file: .file(path: file?.path.string ?? "", line: file?.entries[key]?.line ?? 1)
        case nil: .builtIn
        }
    }

    private func builtIn(_ key: SettingKey) -> String? {
        switch key {
        case .root: (isSuperuser ? Self.systemRoot : ConfigurationPlace.userRoot(variables))?.string
        case .ownerID: EngineConfiguration.defaultOwnerID
        case .region: EngineConfiguration.defaultRegion
        case .logDirectory: builtInLogDirectory
        case .hooksDirectory: HookSettings.defaultDirectory.string
        case .hookTimeout: TimeSpan(HookSettings().timeout).defaultValueDescription
        case .maxFreeze: TimeSpan(PointInTimeOptions.defaultMaxFreeze).defaultValueDescription
        case .packSize: "\(EngineConfiguration.defaultPackByteCount >> 20)M"
        case .workerThreads: "\(EngineConfiguration(root: "/").workerCount)"
        case .readerThreads: "\(EngineConfiguration(root: "/").readerCount)"
        case .timeZone: LocalZone.current.name
        case .recycleBinDays: "\(RecycleBinRules.defaultDays)"
        case .scrubTime: "1h"
        case .metricsFile: nil
        }
    }

    /// With the root of the system, where administrators look for logs; else inside the root.
    private var builtInLogDirectory: String? {
        guard let root = text(.root) else { return nil }
        return isSuperuser && FilePath(root) == Self.systemRoot
            ? Self.systemLogDirectory.string : FilePath(root).appending("log").string
    }

    private static func checked(_ variables: [String: String]) throws(EngineError) -> [SettingKey: String] {
        var values: [SettingKey: String] = [:]
        for key in SettingKey.allCases {
            guard let text = variables[key.variable], !text.isEmpty else { continue }
            if let complaint = key.complaint(about: text) {
                throw EngineError(
                    .invalidParameter, "Value (\(text)) for \(key.variable) is invalid: \(complaint)")
            }
            values[key] = text
        }
        return values
    }

    private static func provider(_ source: SettingSource, _ values: [SettingKey: String]) -> InMemoryProvider {
        InMemoryProvider(
            name: source.rawValue,
            values: Dictionary(
                uniqueKeysWithValues: values.map { key, text in
                    (AbsoluteConfigKey(ConfigKey(key.rawValue)), ConfigValue(.string(text), isSecret: false))
                }))
    }
}

/// Where settings may be from; the raw value is the name of the provider.
private enum SettingSource: String, CaseIterable { case flag, environment, file }

/// Remembers which provider answered last.
private final class AccessNote: AccessReporter {
    private let sources = Mutex<[String: SettingSource]>([:])

    func source(of key: String) -> SettingSource? { sources.withLock { $0[key] } }

    func report(_ event: AccessEvent) {
        let found = event.providerResults.first { (try? $0.result.get().value) != nil }
        guard let name = found?.providerName else { return }
        let source = SettingSource.allCases.first { name.contains("[\($0.rawValue)]") || name == $0.rawValue }
        sources.withLock { $0[event.metadata.key.components.joined(separator: ".")] = source }
    }
}
