package import SnapModel
package import SnapSystem
package import SystemPackage

/// Why a volume cannot be read or written: what, why, and what to do about it.
package struct DeviceError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        case noSuchPath
        case isDirectory
        case notAVolume
        case permissionDenied
        /// Mounted, swap, held by another device, or open by another process.
        case inUse
        case emptyVolume
        /// The medium failed: `unreadable` names the bytes.
        case readFailed
        case changedWhileRead
        case shrank
        case tooSmall
        case carriesStore
        case isSource
        /// A target that somebody may still want.
        case hasSignature
        /// A target file with contents.
        case targetExists
        case readOnly
        case writeFailed
        case noSpace
        case systemFailure
    }

    package let code: Code
    package let subject: FilePath
    /// What is the matter and what to do: the rest of a sentence that begins with the subject.
    package let explanation: String
    package let cause: SystemError?
    /// Of `readFailed`: what could not be read, sorted.
    package let unreadable: [ByteExtent]

    package init(
        _ code: Code, _ subject: FilePath, _ explanation: String, cause: SystemError? = nil,
        unreadable: [ByteExtent] = []
    ) {
        self.code = code
        self.subject = subject
        self.explanation = explanation
        self.cause = cause
        self.unreadable = unreadable
    }

    /// One line.
    package var description: String {
        // A path may hold anything, also a line feed.
        String("\(subject.string) \(explanation)".map { $0.isNewline ? "?" : $0 })
    }
}
