import SnapModel
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapStore

/// The object stores there are. Each runs the same tests.
enum StoreKind: CaseIterable, CustomTestStringConvertible {
    case local
    case memory

    /// What a test needs to do to a store that its API does not offer.
    struct Outside {
        /// Leaves what a writer that was killed would leave; how many pieces that is is returned.
        let leaveBehind: (ObjectKey) throws -> Void
        /// Another process's view of the same store.
        let reopen: () -> any ObjectStore
    }

    var testDescription: String { self == .local ? "local" : "memory" }

    func with(_ body: (any ObjectStore, Outside) throws -> Void) throws {
        switch self {
        case .memory:
            let store = MemoryObjectStore()
            try body(store, Outside(leaveBehind: { try Self.leave($0, in: store) }, reopen: { store }))
        case .local:
            try ScratchDirectory.with { scratch in
                let root = scratch.path
                let outside = Outside(
                    leaveBehind: { try Self.leave($0, below: root) },
                    reopen: { LocalObjectStore(root: root) }
                )
                try body(LocalObjectStore(root: root), outside)
            }
        }
    }

    private static func leave(_ key: ObjectKey, in store: MemoryObjectStore) throws {
        let buffer = try AlignedBuffer(byteCount: 4_096)
        try store.startObject(key, byteCount: 4_096).append(buffer, range: 0..<4_096)
        store.crash()
    }

    /// A writer whose number lives on in another process: the start of that differs.
    private static func leave(_ key: ObjectKey, below root: FilePath) throws {
        let current = ProcessIdentity.current
        let dead = "\(current.number)-\(current.startTicks + 1)-\(current.boot)"
        let path = FilePath(root.appending(key.path).string + AtomicFile.temporaryMarker + dead)
        try Directory.create(path.removingLastComponent())
        try OwnedDescriptor(opening: path, .writeOnly, options: .create).write([1, 2, 3], at: 0)
    }
}
