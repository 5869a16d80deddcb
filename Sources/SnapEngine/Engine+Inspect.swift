package import SnapConsistency
internal import SnapDevice
package import SnapModel
package import SystemPackage

extension Engine {
    /// Knows all methods.
    static let chooser = MethodChooser([LogicalVolumeMethods()])

    /// Looks at a volume: what it is made of, who uses it, which methods are possible. Needs no store.
    ///
    /// Throws `volumeNotFound`, `notAVolume`, `permissionDenied`, `failed`.
    package static func inspect(
        _ path: FilePath, _ options: PointInTimeOptions = PointInTimeOptions()
    ) throws(EngineError) -> VolumeReport {
        let facts = try reading { () throws(DeviceError) in try VolumeFacts.inspect(path) }
        return try securing { () throws(ConsistencyError) in
            let inspection = try VolumeInspection.inspect(facts, cloneDirectory: options.cloneDirectory)
            return chooser.report(inspection, options)
        }
    }
}
