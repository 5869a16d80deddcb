internal import SnapCatalogue
internal import SnapConsistency
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import SystemPackage

/// What `check` found.
package struct DryRunFindings: Hashable, Sendable {
    /// What this user may not do and would have to: one line each. Empty: the request would have succeeded.
    package var missing: [String]

    package init(missing: [String] = []) { self.missing = missing }
}

extension Engine {
    /// Whether `create` could do what it is asked for: the volumes can be opened, a point in time of them made, store and
    /// catalogue written. Nothing is recorded, made or frozen.
    ///
    /// Permissions that are missing are findings; whatever else is in the way is thrown as by `create`.
    package static func check(
        _ request: CreateRequest, _ configuration: EngineConfiguration
    ) throws(EngineError) -> DryRunFindings {
        try validate(request)
        var findings = checkWriting(configuration)
        for text in request.volumes {
            findings.missing += try missing(for: try facts(of: text, configuration), request, configuration)
        }
        return findings
    }

    /// Whether store and catalogue can be written, or made where they are not there yet.
    package static func checkWriting(_ configuration: EngineConfiguration) -> DryRunFindings {
        let store = configuration.storePath
        let places = [configuration.root, configuration.cataloguePath, store, store.appending("snapshots")]
        let refused = Set(places.map(nearestThere)).filter { !File.isAccessible($0, writing: true) }
        return DryRunFindings(missing: refused.map { "\($0) may not be written" }.sorted())
    }

    private static func nearestThere(_ path: FilePath) -> FilePath {
        var path = path
        while !File.exists(path), path.removeLastComponent() {}
        return path.isEmpty ? "." : path
    }

    private static func facts(
        of text: String, _ configuration: EngineConfiguration
    ) throws(EngineError) -> VolumeFacts {
        guard text.hasPrefix(VolumeID.prefix + "-"), !File.exists(FilePath(text)) else {
            return try VolumeFacts.inspecting(text)
        }
        let objects = LocalObjectStore(root: configuration.storePath)
        return try openUnrecovered(configuration, over: objects, creating: false).resolveVolume(text)
    }

    private static func missing(
        for facts: VolumeFacts, _ request: CreateRequest, _ configuration: EngineConfiguration
    ) throws(EngineError) -> [String] {
        try refuseRoot(facts, configuration)
        do throws(SystemError) {
            _ = try OwnedDescriptor(opening: facts.path, .readOnly, options: .nonBlocking)
        } catch {
            guard error.code == .permissionDenied || error.code == .notPermitted else { throw EngineError(error) }
            // Whoever may not read it cannot be told which methods there are.
            return ["\(facts.path) may not be read"]
        }
        var options = request.options
        options.needs = configuration.needs
        options.liveObstacle = LiveDistrust.obstacle(for: facts.identity, in: configuration.root)
        let (inspection, method) = try securing { () throws(ConsistencyError) in
            let inspection = try VolumeInspection.inspect(facts, cloneDirectory: options.cloneDirectory)
            return (inspection, try chooser.choose(inspection, options))
        }
        try refuseCarrier(inspection, method.method, configuration)
        return Capability.systemAdministration.isEffective
            ? [] : missing(for: method, isInSet: request.volumes.count > 1)
    }

    /// What takes CAP_SYS_ADMIN (ioctl_fifreeze(2), lvm(8)).
    private static func missing(for method: any PointInTimeMethod, isInSet: Bool) -> [String] {
        let frozen = method.targets(isInSet: isInSet).map { "\($0.mountPoint) may not be frozen" }
        switch method.method {
        case .lvm, .lvmThin: return frozen + ["LVM snapshots may not be made"]
        case .live: return frozen + ["writes may not be tracked"]
        case .clone, .exclusive, .freeze, .none: return frozen
        }
    }
}
