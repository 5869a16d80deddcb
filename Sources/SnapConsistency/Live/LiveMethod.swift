package import SnapDevice
package import SnapModel
internal import SnapSystem
internal import SnapTracking
internal import Synchronization

/// `live`: the volume is copied while its writes are tracked; for the rest its filesystems are frozen for an instant.
package final class LiveMethod: PointInTimeMethod {
    package let method = ConsistencyMethod.live
    package let facts: VolumeFacts
    package let level = ConsistencyLevel.filesystem
    package let holdsFreeze = false
    package let needsFreeze = true
    private let inspection: VolumeInspection
    private let volume: TrackableVolume
    private let options: PointInTimeOptions
    private let prepared = Mutex<LiveCopy?>(nil)

    init(_ inspection: VolumeInspection, _ volume: TrackableVolume, _ options: PointInTimeOptions) {
        self.inspection = inspection
        self.volume = volume
        self.options = options
        facts = inspection.facts
    }

    /// After `prepare`: to be read before the point in time is taken.
    package var copy: LiveCopy {
        guard let copy = prepared.withLock({ $0 }) else { preconditionFailure("a copy before prepare") }
        return copy
    }

    package func targets(isInSet _: Bool) -> [FreezeTarget] { inspection.freezeTargets }

    /// A rest that is read takes no longer than this; an audit, and who said so, may.
    package var maxFreeze: Duration? {
        options.audits || options.onNoConverge == .freezeLonger ? nil : options.liveMaxFreeze
    }

    package func prepare() throws(ConsistencyError) {
        let copy = try LiveCopy(inspection, volume, options)
        prepared.withLock { $0 = copy }
    }

    package func approach(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        try copy.converge(check)
    }

    package func catchUp() throws(ConsistencyError) { try copy.catchUp() }

    package func watch(_ confirmFrozen: @escaping @Sendable () throws(ConsistencyError) -> Void) {
        copy.watch(confirmFrozen)
    }

    package func settle() throws(ConsistencyError) {
        try copy.finish()
        try copy.confirmFrozen()
    }

    package func take() throws(ConsistencyError) -> any PointInTime {
        let copy = copy
        prepared.withLock { $0 = nil }
        copy.endTracking()
        return LivePointInTime(copy)
    }

    package func abandon() {
        let copy = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        copy?.close()
    }
}

/// The volume of an instant as a copy and what was written upon it. Its reader reads what the volume is by now.
package final class LivePointInTime: PointInTime {
    package let copy: LiveCopy
    package let lease: PointInTimeLease? = nil

    init(_ copy: LiveCopy) { self.copy = copy }

    package var reader: VolumeReader { copy.reader }
    package func tend() throws(ConsistencyError) {}
    package func confirm() throws(ConsistencyError) {}
    package func release() { copy.close() }
}
