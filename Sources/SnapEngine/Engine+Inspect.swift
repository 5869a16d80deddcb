internal import SnapConsistency
internal import SnapDevice
package import SnapModel
package import SystemPackage

extension Engine {
    /// Knows all methods.
    static let chooser = MethodChooser([LogicalVolumeMethods()])

    /// Looks at a volume: what it is made of, who uses it, which methods are possible. Needs no store; what was experienced with
    /// the volume is looked up under `root`, where there is one.
    ///
    /// Throws `volumeNotFound`, `notAVolume`, `permissionDenied`, `failed`.
    package static func inspect(
        _ path: FilePath, experiencedIn root: FilePath
    ) throws(EngineError) -> VolumeReport {
        let facts = try reading { () throws(DeviceError) in try VolumeFacts.inspect(path) }
        var options = PointInTimeOptions()
        options.liveObstacle = LiveDistrust.obstacle(for: facts.identity, in: root)
        return try securing { () throws(ConsistencyError) in
            let inspection = try VolumeInspection.inspect(facts, cloneDirectory: options.cloneDirectory)
            return chooser.report(inspection, options)
        }
    }
}
