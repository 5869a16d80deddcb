internal import SnapSystem
internal import SystemPackage

/// Why the writes to a disk cannot be tracked, or are no longer known.
package struct TrackingError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable {
        /// The kernel has not what it takes, or was told not to give it.
        case unsupported
        /// This process may not load programs into the kernel.
        case permissionDenied
        /// What was written is not known any more.
        case marksLost
        case systemFailure
    }

    package let code: Code
    /// The rest of a sentence: what is missing.
    package let description: String

    package init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    init(_ error: SystemError) {
        let isForbidden = error.code == .permissionDenied || error.code == .notPermitted
        self.init(isForbidden ? .permissionDenied : .systemFailure, error.description)
    }
}
