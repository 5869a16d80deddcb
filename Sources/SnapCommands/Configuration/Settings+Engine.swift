internal import SnapEngine
internal import SnapModel
internal import SystemPackage

extension Settings {
    /// What the engine is opened with. Throws `invalidParameter`.
    func configuration() throws(EngineError) -> EngineConfiguration {
        var configuration = EngineConfiguration(root: try root())
        configuration.ownerID = text(.ownerID) ?? configuration.ownerID
        configuration.region = text(.region) ?? configuration.region
        configuration.packByteCount = text(.packSize).flatMap(SettingKey.packByteCount) ?? configuration.packByteCount
        configuration.workerCount = number(.workerThreads) ?? configuration.workerCount
        configuration.readerCount = number(.readerThreads) ?? configuration.readerCount
        // A worker has another working folder.
        configuration.logPath = text(.logDirectory).map {
            PointInTimeArguments.absolute($0).appending(WorkerLog.fileName)
        }
        configuration.metricsPath = text(.metricsFile).map(PointInTimeArguments.absolute)
        configuration.defaultTags = file?.defaultTags ?? []
        configuration.policies = file?.policies ?? []
        configuration.zone = zone
        configuration.recycleBin = recycleBin
        return configuration
    }

    /// Absolute.
    func root() throws(EngineError) -> FilePath {
        guard let root = text(.root) else {
            throw EngineError(.invalidParameter, "no folder for the store is known (HOME is not set): give --root")
        }
        return PointInTimeArguments.absolute(root)
    }

    var zone: TimeZoneRules {
        let setting = setting(.timeZone)
        return setting.origin == .builtIn ? LocalZone.current : setting.text.flatMap(LocalZone.named) ?? .utc
    }

    /// The days may be from the environment; the rest is from the file.
    private var recycleBin: RecycleBinRules {
        var rules = file?.recycleBin ?? RecycleBinRules()
        rules.days = number(.recycleBinDays) ?? rules.days
        return rules
    }

    func span(_ key: SettingKey) -> Duration? { text(key).flatMap(SettingKey.span) }

    private func number(_ key: SettingKey) -> Int? { text(key).flatMap { Int($0) } }
}
