internal import SnapConsistency
internal import SnapDevice

extension EngineError {
    /// Where nothing is possible, not allowed without consent, or would hang the snapshot itself, the remedy is the same:
    /// another way, or another state of the volume.
    init(_ error: ConsistencyError) {
        let code: Code =
            switch error.code {
            case .notPossible, .rootVolume, .wouldFreezeItself, .notConverged: .consistencyNotPossible
            case .inUse: .volumeInUse
            case .alreadyFrozen, .freezeFailed: .freezeFailed
            case .freezeExpired: .freezeExpired
            case .hookFailed: .hookFailed
            case .noReserve: .noReserve
            case .pointInTimeLost, .marksLost: .pointInTimeLost
            case .imageDiffers: .imagesDiffer
            case .permissionDenied: .permissionDenied
            case .cancelled: .cancelled
            case .device: error.device.map { EngineError($0).code } ?? .failed
            case .toolFailed, .systemFailure: .failed
            }
        self.init(code, error.description)
    }
}

/// Makes, keeps or gives up a point in time, turning its errors into the engine's.
func securing<Result>(_ body: () throws(ConsistencyError) -> Result) throws(EngineError) -> Result {
    do throws(ConsistencyError) { return try body() } catch { throw EngineError(error) }
}
