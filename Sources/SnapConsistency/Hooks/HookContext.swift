package import SnapModel
internal import SnapSystem
package import SystemPackage

/// What hooks are told, by their environment: of what a point in time is about to be made.
package struct HookContext: Hashable, Sendable {
    package struct Volume: Hashable, Sendable {
        package var path: FilePath
        /// nil where it has none yet.
        package var id: VolumeID?

        package init(_ path: FilePath, _ id: VolumeID? = nil) {
            self.path = path
            self.id = id
        }
    }

    package var volumes: [Volume]
    /// In the order of the volumes.
    package var snapshotIDs: [SnapshotID]
    /// nil where it is of one volume alone.
    package var setID: SnapshotSetID?
    /// Of all filesystems that are mounted from the volumes, also where nothing will be frozen.
    package var mountPoints: [FilePath]

    package init(
        volumes: [Volume], snapshotIDs: [SnapshotID], setID: SnapshotSetID? = nil, mountPoints: [FilePath]
    ) {
        self.volumes = volumes
        self.snapshotIDs = snapshotIDs
        self.setID = setID
        self.mountPoints = mountPoints
    }

    /// That of this process, with a PATH where it has none, and what docs/recipes/databases.md lists. Several values are
    /// separated by line feeds. What is not known is left out, also where this process was told it.
    var environment: [String: String] {
        let lists = [
            "SNAPCTL_VOLUMES": volumes.map(\.path.string),
            "SNAPCTL_VOLUME_IDS": volumes.compactMap(\.id?.rawValue),
            "SNAPCTL_SNAPSHOT_IDS": snapshotIDs.map(\.rawValue),
            "SNAPCTL_MOUNT_POINTS": mountPoints.map(\.string),
        ]
        var variables = Environment.all
        if Environment.value("PATH") == nil { variables["PATH"] = Self.usualPath }
        variables.merge(lists.mapValues { $0.joined(separator: "\n") }) { _, told in told }
        variables["SNAPCTL_VOLUME"] = volumes.first?.path.string
        variables["SNAPCTL_SNAPSHOT_ID"] = snapshotIDs.first?.rawValue
        variables["SNAPCTL_SET_ID"] = setID?.rawValue
        return variables
    }

    private static let usualPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
}
