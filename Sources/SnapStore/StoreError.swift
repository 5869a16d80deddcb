package import SnapCodec
package import SnapModel
package import SnapSystem
internal import SystemPackage

/// Something about the store that failed: what, and what to do about it.
package struct StoreError: Error, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// No store there, or an object that should be there is not.
        case missing
        /// Bytes that are not what was written: see `damagedDigest`.
        case damaged
        /// Written by a later version of the program.
        case fromTheFuture
        case noSpace
        case permissionDenied
        case failed
    }

    package let code: Code
    /// The path or key.
    package let subject: String
    package let explanation: String
    /// The chunk or page that could not be read, where it was one.
    package var damagedDigest: Digest?

    package init(_ code: Code, _ subject: String, _ explanation: String, damagedDigest: Digest? = nil) {
        self.code = code
        self.subject = subject
        self.explanation = explanation
        self.damagedDigest = damagedDigest
    }

    package init(_ error: SystemError) {
        switch error.code {
        case .noSpace, Errno.diskQuotaExceeded:
            self.init(
                .noSpace, error.subject,
                "\(error.description); free some space there and try again, what was stored so far will be used")
        case .permissionDenied, .notPermitted, .readOnlyFileSystem:
            self.init(
                .permissionDenied, error.subject, "\(error.description); run as the owner of the store, or as root")
        case .noSuchFileOrDirectory:
            self.init(.missing, error.subject, error.description)
        default:
            self.init(.failed, error.subject, error.description)
        }
    }

    package init(_ error: CodecError, in subject: String) {
        let code: Code = error.code == .unsupportedVersion ? .fromTheFuture : .damaged
        self.init(code, subject, "\(subject): \(error.description)")
    }

    package var description: String { explanation }
}

extension Errno {
    /// EDQUOT
    static var diskQuotaExceeded: Errno { Errno(rawValue: 122) }
}
