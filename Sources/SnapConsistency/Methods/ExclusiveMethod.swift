package import SnapDevice
package import SnapModel
internal import Synchronization

/// `exclusive`: nobody uses the volume, and nobody can until it is read.
package final class ExclusiveMethod: PointInTimeMethod {
    package let method = ConsistencyMethod.exclusive
    package let facts: VolumeFacts
    package let level = ConsistencyLevel.filesystem
    package let holdsFreeze = false
    private let claimed = Mutex<VolumeReader?>(nil)

    package init(_ inspection: VolumeInspection) { facts = inspection.facts }

    package func targets(isInSet _: Bool) -> [FreezeTarget] { [] }

    /// Claims it. What holds at `take` has held since here: `confirm` tells of every change in between.
    package func prepare() throws(ConsistencyError) {
        let reader = try ConsistencyError.wrapping { () throws(DeviceError) in
            let current = try VolumeFacts.inspect(facts.path)
            guard current.device == facts.device, current.file == facts.file else {
                throw DeviceError(.notAVolume, facts.path, "is another volume than a moment ago; look again")
            }
            return try VolumeReader(opening: current, claiming: true)
        }
        claimed.withLock { $0 = reader }
    }

    package func take() throws(ConsistencyError) -> any PointInTime {
        guard let reader = withdraw() else { preconditionFailure("take before prepare") }
        return OpenedPointInTime(reader) { () throws(ConsistencyError) in
            try ConsistencyError.wrapping { () throws(DeviceError) in try reader.confirmUnchanged() }
        }
    }

    package func abandon() { withdraw()?.close() }

    private func withdraw() -> VolumeReader? {
        claimed.withLock { claimed in
            defer { claimed = nil }
            return claimed
        }
    }
}
