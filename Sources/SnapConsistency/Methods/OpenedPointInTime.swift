internal import SnapDevice

/// The bytes of a volume itself, which stay as they are while something holds: a claim, a freeze, or nothing at all.
final class OpenedPointInTime: PointInTime {
    let reader: VolumeReader
    let lease: PointInTimeLease? = nil
    private let check: @Sendable () throws(ConsistencyError) -> Void

    /// `check` throws once the bytes may have changed.
    init(_ reader: VolumeReader, check: @escaping @Sendable () throws(ConsistencyError) -> Void) {
        self.reader = reader
        self.check = check
    }

    func tend() throws(ConsistencyError) { try check() }

    func confirm() throws(ConsistencyError) { try check() }

    /// Closing again closes nothing else.
    func release() { reader.close() }
}
