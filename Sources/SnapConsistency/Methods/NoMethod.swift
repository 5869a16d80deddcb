package import SnapDevice
package import SnapModel

/// `none`: the volume is read as it is, also while it is written to. The image is of no point in time.
package final class NoMethod: PointInTimeMethod {
    package let method = ConsistencyMethod.none
    package let facts: VolumeFacts
    package let level = ConsistencyLevel.none
    package let holdsFreeze = false

    package init(_ inspection: VolumeInspection) { facts = inspection.facts }

    package func targets(isInSet _: Bool) -> [FreezeTarget] { [] }
    package func prepare() throws(ConsistencyError) {}

    package func take() throws(ConsistencyError) -> any PointInTime {
        let facts = facts
        let reader = try ConsistencyError.wrapping { () throws(DeviceError) in
            try VolumeReader(opening: facts, claiming: false)
        }
        // Nothing is promised, so nothing can be broken.
        return OpenedPointInTime(reader) {}
    }

    package func abandon() {}
}
