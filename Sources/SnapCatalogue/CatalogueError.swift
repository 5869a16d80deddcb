/// Why the catalogue could not do what it was asked. The only error that leaves this module, but for what
/// the caller's own closure throws in `Catalogue.rebuild`.
package struct CatalogueError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Code: String, Sendable, CaseIterable {
        /// There is a file, but it is no catalogue.
        case notADatabase
        /// It belongs to another store.
        case foreignStore
        /// Its schema is newer than this program.
        case fromTheFuture
        /// Its folder is on a filesystem that SQLite's write-ahead log does not work on.
        case unsupportedFilesystem
        case noSpace
        /// Another process kept it locked for longer than `Catalogue.busyTimeout`, or has it open during a rebuild.
        case busy
        case permissionDenied
        /// Its folder is not there.
        case missing
        case unknownSnapshot
        case unknownVolume
        /// The snapshot is no longer pending, so that it can neither complete nor fail.
        case notPending
        /// What is in it contradicts itself, or its medium fails.
        case damaged
        case failed
    }

    package let code: Code
    /// The path of the catalogue, or the id of what was asked for.
    package let subject: String
    /// What is wrong, as the rest of a sentence that begins with the subject.
    package let explanation: String

    package init(_ code: Code, _ subject: String, _ explanation: String) {
        self.code = code
        self.subject = subject
        self.explanation = explanation
    }

    /// One line: what failed, and what to do about it.
    package var description: String { "\(subject): \(explanation); \(advice)" }

    private var advice: String {
        switch code {
        case .notADatabase: "move it away and run 'snapctl catalogue rebuild'"
        case .foreignStore: "give the root that both are from (--root), or run 'snapctl catalogue rebuild'"
        case .fromTheFuture: "use the newest snapctl that was used on this root"
        case .unsupportedFilesystem: "put it on a local filesystem (--root)"
        case .noSpace: "free space there and run the command again; nothing recorded is lost"
        case .busy: "wait for the other snapctl to end and run the command again"
        case .permissionDenied: "run snapctl as the owner of the root, or as root"
        case .missing: "check --root"
        case .unknownSnapshot: "'snapctl list' shows those there are"
        case .unknownVolume: "give its path, or the id of a volume that has a snapshot"
        case .notPending: "'snapctl list' shows what became of it"
        case .damaged: "run 'snapctl catalogue rebuild', which makes it anew from the store"
        case .failed: "run the command again; if it fails again, run 'snapctl catalogue rebuild'"
        }
    }
}
