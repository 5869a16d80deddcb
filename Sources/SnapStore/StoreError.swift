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
        /// Bytes that the medium beneath the store did not give back.
        case unreadable
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
        case _ where error.isFailingMedium:
            self.init(
                .unreadable, error.subject,
                "\(error.description); the medium of the store fails: check its disk and the kernel log")
        default:
            self.init(.failed, error.subject, error.description)
        }
    }

    package init(_ error: CodecError, in subject: String) {
        let code: Code = error.code == .unsupportedVersion ? .fromTheFuture : .damaged
        self.init(code, subject, "\(subject): \(error.description)")
    }

    package var description: String { explanation }

    /// Whether what was asked for is lost where it was, as opposed to out of reach for now: no permission, too many open
    /// files.
    package var isDamage: Bool {
        switch code {
        case .missing, .damaged, .unreadable: true
        case .fromTheFuture, .noSpace, .permissionDenied, .failed: false
        }
    }
}

extension SystemError {
    /// Whether bytes that were there before did not come back. What could not be written was never promised.
    fileprivate var isFailingMedium: Bool {
        ["read", "open", "look at"].contains(operation) && Errno.ofFailingMedia.contains(code)
    }
}

extension Errno {
    /// EDQUOT
    static var diskQuotaExceeded: Errno { Errno(rawValue: 122) }

    /// What the kernel answers where a disk (EIO, ENODATA, EREMOTEIO, EILSEQ) or a filesystem (EUCLEAN, EBADMSG) is damaged.
    fileprivate static let ofFailingMedia: Set<Errno> = [
        .ioError, Errno(rawValue: 61), Errno(rawValue: 121), .illegalByteSequence, Errno(rawValue: 117), .badMessage,
    ]
}
