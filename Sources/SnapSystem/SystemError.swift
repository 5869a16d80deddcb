package import SystemPackage

/// A system call that failed: which, on what, and why.
package struct SystemError: Error, Hashable, Sendable, CustomStringConvertible {
    /// What was tried, as a verb: "open", "write".
    package let operation: String
    /// The path, or other name, of what it was tried on.
    package let subject: String
    package let code: Errno

    package init(_ operation: String, _ subject: String, _ code: Errno) {
        self.operation = operation
        self.subject = subject
        self.code = code
    }

    package var description: String { "cannot \(operation) \(subject): \(code.description)" }
}
