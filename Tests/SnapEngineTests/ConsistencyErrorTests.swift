import SnapConsistency
import SnapDevice
import SystemPackage
import Testing

@testable import SnapEngine

@Suite struct ConsistencyErrorCodes {
    @Test(arguments: ConsistencyError.Code.allCases)
    func `each has a code of the engine, and keeps its words`(code: ConsistencyError.Code) {
        let codes: [ConsistencyError.Code: EngineError.Code] = [
            .notPossible: .consistencyNotPossible, .rootVolume: .consistencyNotPossible,
            .wouldFreezeItself: .consistencyNotPossible, .alreadyFrozen: .freezeFailed, .freezeFailed: .freezeFailed,
            .freezeExpired: .freezeExpired, .hookFailed: .hookFailed, .noReserve: .noReserve,
            .pointInTimeLost: .pointInTimeLost, .permissionDenied: .permissionDenied, .cancelled: .cancelled,
            .inUse: .volumeInUse, .notConverged: .consistencyNotPossible, .marksLost: .pointInTimeLost,
            .imageDiffers: .imagesDiffer,
        ]
        let error = EngineError(ConsistencyError(code, "why"))
        #expect(error.code == codes[code] ?? .failed)
        #expect(error.explanation == "why")
    }

    @Test func `the device's own code comes through`() {
        let cause = DeviceError(.readFailed, "/dev/vdb", "cannot be read")
        #expect(EngineError(ConsistencyError(cause)).code == .volumeReadFailed)
    }
}
