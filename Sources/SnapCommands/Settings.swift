internal import SnapEngine
internal import SnapSystem
internal import SystemPackage

/// Where the settings that options leave open come from: the environment, then defaults.
struct Settings {
    static let ownerDigitCount = 12
    static let systemRoot: FilePath = "/var/lib/snapctl"
    static let systemLogDirectory: FilePath = "/var/log/snapctl"

    var variable: (String) -> String?
    var isSuperuser: Bool

    init(variable: @escaping (String) -> String?, isSuperuser: Bool) {
        self.variable = variable
        self.isSuperuser = isSuperuser
    }

    /// Of this process.
    static var current: Settings {
        Settings(variable: Environment.value, isSuperuser: Environment.isSuperuser)
    }

    /// What the engine is opened with. Throws `invalidParameter`.
    func configuration(root: String?, packByteCount: Int? = nil) throws(EngineError) -> EngineConfiguration {
        // A worker has another working folder.
        let root = PointInTimeArguments.absolute(try self.root(option: root).string)
        var configuration = EngineConfiguration(
            root: root,
            ownerID: try ownerID(),
            packByteCount: try Self.checked(packByteCount: packByteCount)
        )
        configuration.logPath = logDirectory(root: root).appending(WorkerLog.fileName)
        return configuration
    }

    /// `SNAPCTL_LOG_DIR`; with the root of the system, where administrators look for logs; else inside the root.
    private func logDirectory(root: FilePath) -> FilePath {
        if let directory = variable("SNAPCTL_LOG_DIR") { return PointInTimeArguments.absolute(directory) }
        return isSuperuser && root == Self.systemRoot ? Self.systemLogDirectory : root.appending("log")
    }

    /// The option, `SNAPCTL_ROOT`, or the place that the kind of user suggests.
    func root(option: String?) throws(EngineError) -> FilePath {
        if let option {
            guard !option.isEmpty else {
                throw EngineError(.invalidParameter, "the value of --root is empty")
            }
            return FilePath(option)
        }
        if let root = variable("SNAPCTL_ROOT") { return FilePath(root) }
        return isSuperuser ? Self.systemRoot : try userRoot()
    }

    /// By the XDG base directory specification, which says that a relative folder is to be ignored.
    private func userRoot() throws(EngineError) -> FilePath {
        if let folder = variable("XDG_DATA_HOME").map({ FilePath($0) }), folder.isAbsolute {
            return folder.appending("snapctl")
        }
        guard let home = variable("HOME") else {
            throw EngineError(
                .invalidParameter,
                "no folder for the store is known (HOME is not set): give --root"
            )
        }
        return FilePath(home).appending(".local/share/snapctl")
    }

    private func ownerID() throws(EngineError) -> String {
        guard let text = variable("SNAPCTL_OWNER_ID") else { return EngineConfiguration.defaultOwnerID }
        let isDigits = text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard isDigits, text.utf8.count == Self.ownerDigitCount else {
            throw EngineError(
                .invalidParameter,
                "Value (\(text)) for SNAPCTL_OWNER_ID is invalid. An owner id has 12 digits"
            )
        }
        return text
    }

    private static func checked(packByteCount: Int?) throws(EngineError) -> Int {
        guard let packByteCount else { return EngineConfiguration.defaultPackByteCount }
        let range = EngineConfiguration.packByteCountRange
        guard range.contains(packByteCount) else {
            throw EngineError(
                .invalidParameter,
                "Value (\(packByteCount)) for parameter pack-size is invalid. It is from "
                    + "\(HumanText.bytes(range.lowerBound)) to \(HumanText.bytes(range.upperBound))"
            )
        }
        return packByteCount
    }
}
