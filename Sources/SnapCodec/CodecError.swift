/// Bytes that are not what they should be.
package struct CodecError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: Sendable {
        /// Fewer bytes than the structure needs.
        case truncated
        /// Not the structure at all.
        case wrongMagic
        /// Written by a later version of the program.
        case unsupportedVersion
        /// A checksum or digest that differs.
        case mismatch
        /// A value that no writer makes.
        case malformed
    }

    package let code: Code
    /// What was being read: "pack footer".
    package let subject: String
    package let explanation: String

    package init(_ code: Code, _ subject: String, _ explanation: String) {
        self.code = code
        self.subject = subject
        self.explanation = explanation
    }

    package var description: String { "\(subject): \(explanation)" }
}
