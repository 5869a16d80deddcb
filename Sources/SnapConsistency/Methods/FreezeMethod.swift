package import SnapDevice
package import SnapModel
internal import SnapSystem
internal import Synchronization

/// `freeze`: the filesystems of the volume stand still until it is read.
package final class FreezeMethod: PointInTimeMethod {
    /// Throws `freezeExpired` unless all has been frozen without a break.
    package typealias FreezeCheck = @Sendable () throws(ConsistencyError) -> Void

    package let method = ConsistencyMethod.freeze
    package let facts: VolumeFacts
    package let level = ConsistencyLevel.filesystem
    package let holdsFreeze = true
    private let inspection: VolumeInspection
    private let freezeCheck = Mutex<FreezeCheck?>(nil)
    private let devices = Mutex<[OpenedDevice]>([])

    package init(_ inspection: VolumeInspection) {
        self.inspection = inspection
        facts = inspection.facts
    }

    /// Whoever freezes tells here, before the point in time is first tended, how to know that the freeze still holds.
    package func watch(_ check: @escaping FreezeCheck) { freezeCheck.withLock { $0 = check } }

    package func targets(isInSet _: Bool) -> [FreezeTarget] { inspection.freezeTargets }

    /// Has what is dirty written, so that the freeze finds little to do.
    package func prepare() throws(ConsistencyError) {
        let opened = inspection.users.devices.compactMap { try? OpenedDevice($0) }
        devices.withLock { $0 = opened }
        try writeBack(opened)
    }

    package func take() throws(ConsistencyError) -> any PointInTime {
        // Of an image file: what lies in the page caches of loop devices over it.
        try writeBack(devices.withLock { $0 })
        abandon()
        let facts = facts
        let reader = try ConsistencyError.wrapping { () throws(DeviceError) in
            try VolumeReader(opening: facts, claiming: false, watching: true)
        }
        return OpenedPointInTime(reader) { () throws(ConsistencyError) in
            try self.confirmFrozen()
            // What is not mounted cannot be frozen: another partition, or the device itself.
            try ConsistencyError.wrapping { () throws(DeviceError) in try reader.confirmUnchanged() }
        }
    }

    package func abandon() { devices.withLock { $0 = [] } }

    private func writeBack(_ devices: [OpenedDevice]) throws(ConsistencyError) {
        try ConsistencyError.wrapping { () throws(SystemError) in
            for device in devices { try device.descriptor.writeBack() }
        }
    }

    private func confirmFrozen() throws(ConsistencyError) {
        guard let check = freezeCheck.withLock({ $0 }) else {
            throw ConsistencyError(.pointInTimeLost, "nobody knows whether \(facts.path) stayed frozen")
        }
        try check()
    }
}
