package import SnapDevice
package import SnapSystem
internal import SystemPackage

/// Why a point in time cannot be made or kept: what, why, and what to do about it.
package struct ConsistencyError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// No method, or not the one asked for, can make a point in time of this volume.
        case notPossible
        /// Somebody uses the volume, and no method that is possible is at home with that.
        case inUse
        /// The volume is that of the running system, and nobody consented.
        case rootVolume
        /// Something that the snapshot itself needs lies on a filesystem that would be frozen.
        case wouldFreezeItself
        case alreadyFrozen
        case freezeFailed
        /// The filesystem was thawed before all was read, since its time was up.
        case freezeExpired
        case hookFailed
        /// No room for the changes that the volume's users make meanwhile.
        case noReserve
        /// What held the bytes of the instant is gone, or overflowed.
        case pointInTimeLost
        /// It is not known any more what was written to the volume since it was copied.
        case marksLost
        /// The volume is written to faster than it can be copied.
        case notConverged
        /// The image is not what the volume was: a fault of ours.
        case imageDiffers
        case permissionDenied
        /// A program that is needed (such as lvcreate) is missing, or failed.
        case toolFailed
        case cancelled
        /// `device` tells.
        case device
        case systemFailure
    }

    package let code: Code
    /// One line: what failed, why, what to do.
    package let explanation: String
    package let device: DeviceError?

    package init(_ code: Code, _ explanation: String) {
        self.code = code
        self.explanation = explanation
        device = nil
    }

    package init(_ error: DeviceError) {
        code = .device
        explanation = error.description
        device = error
    }

    package init(_ error: SystemError) {
        let isForbidden = error.code == .permissionDenied || error.code == .notPermitted
        self.init(isForbidden ? .permissionDenied : .systemFailure, error.description)
    }

    package var description: String { explanation.split(whereSeparator: \.isNewline).joined(separator: "; ") }
}
