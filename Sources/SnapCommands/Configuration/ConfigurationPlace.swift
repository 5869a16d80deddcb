internal import SnapEngine
internal import SystemPackage

/// Where the configuration file is, and where data is without one.
enum ConfigurationPlace {
    static let system: FilePath = "/etc/snapctl/snapctl.yaml"
    static let variable = "SNAPCTL_CONFIG"

    /// One that is named must be there; one at the usual place may be missing.
    static func read(
        option: String?, _ variables: [String: String], isSuperuser: Bool
    ) throws(EngineError) -> ConfigurationFile? {
        guard let named = option ?? variables[variable] else {
            let usual = isSuperuser ? system : userFile(variables)
            return try usual.map { (path) throws(EngineError) in try ConfigurationFile.read(path) } ?? nil
        }
        guard !named.isEmpty else { throw EngineError(.invalidParameter, "the value of --config is empty") }
        let path = PointInTimeArguments.absolute(named)
        guard let file = try ConfigurationFile.read(path) else {
            throw EngineError(.configurationInvalid, "there is no configuration file at \(path)")
        }
        return file
    }

    /// By the XDG base directory specification, which says that a relative folder is to be ignored.
    static func userFile(_ variables: [String: String]) -> FilePath? {
        folder(variables, "XDG_CONFIG_HOME", ".config")?.appending("snapctl/snapctl.yaml")
    }

    static func userRoot(_ variables: [String: String]) -> FilePath? {
        folder(variables, "XDG_DATA_HOME", ".local/share")?.appending("snapctl")
    }

    private static func folder(_ variables: [String: String], _ name: String, _ inHome: String) -> FilePath? {
        if let folder = variables[name].map({ FilePath($0) }), folder.isAbsolute { return folder }
        return variables["HOME"].map { FilePath($0).appending(inHome) }
    }
}
