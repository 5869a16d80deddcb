import Dispatch
import Glibc
import SnapConsistency
import SnapModel
import SnapStore
import SnapSystem
import SnapTestSupport
import SystemPackage
import Testing

@testable import SnapEngine

/// A root, and what tests do with it, in a scratch folder.
struct Bench: Sendable {
    let directory: ScratchDirectory
    var configuration: EngineConfiguration

    static func with<Result>(_ body: (Bench) throws -> Result) throws -> Result {
        try ScratchDirectory.with { try body(Bench($0)) }
    }

    init(_ directory: ScratchDirectory) {
        self.directory = directory
        configuration = EngineConfiguration(root: directory.appending("root"), packByteCount: 4 << 20)
    }

    func open() throws -> Engine { try Engine.open(configuration, creating: true) }

    func open(_ hook: @escaping FaultyObjectStore.Hook) throws -> Engine {
        try Directory.create(configuration.storePath)
        let objects = FaultyObjectStore(configuration.storePath, hook)
        return try Engine.open(configuration, over: objects, creating: true)
    }

    @discardableResult
    func rebuild() throws -> RebuildOutcome {
        try Engine.rebuildCatalogue(configuration, progress: TransferProgress())
    }

    /// Temporary files below the root.
    func unfinished() throws -> [String] {
        let found = try Command.check("find", configuration.root.string, "-name", "*.tmp-*")
        return found.split(separator: "\n").map(String.init)
    }

    func recordCount() throws -> Int {
        let folder = configuration.storePath.appending("snapshots")
        return File.exists(folder) ? try Directory.names(in: folder).count : 0
    }
}

extension Engine {
    @discardableResult
    func create(
        _ volume: FilePath,
        _ consistency: ConsistencyMethod = .exclusive,
        onPending: @escaping (Snapshot) -> Void = { _ in }
    ) throws -> Snapshot {
        var request = CreateRequest(volumes: [volume.string])
        request.options.method = consistency
        var events = Engine.Events()
        events.onPending = { onPending($0[0]) }
        return try create(
            request, progress: TransferProgress(), cancellation: CancellationFlag(), events: events)[0]
    }

    func verify(_ id: SnapshotID, against volume: FilePath? = nil) throws -> ImageOutcome {
        try verify(
            id,
            against: volume,
            consistency: .exclusive,
            progress: TransferProgress(),
            cancellation: CancellationFlag()
        )
    }

    func isWhole(_ id: SnapshotID) throws -> Bool { try verify(id).damaged.isEmpty }

    @discardableResult
    func restore(_ id: SnapshotID, to target: FilePath, keepGoing: Bool = false) throws -> ImageOutcome {
        try restore(
            RestoreRequest(snapshot: id, target: target, keepGoing: keepGoing),
            progress: TransferProgress(),
            cancellation: CancellationFlag()
        )
    }

    /// The bytes of an image, by restoring it.
    func bytes(of id: SnapshotID, in directory: ScratchDirectory) throws -> [UInt8] {
        let target = directory.appending("restored-\(id)")
        defer { try? File.remove(target) }
        try restore(id, to: target)
        return try File.read(target, upTo: .max)
    }

    /// The digest of a block of an image.
    func digest(of snapshot: Snapshot, at index: Int) throws -> Digest {
        var found: Digest?
        guard let image = snapshot.image else { throw Command.Failure(description: "no image") }
        try manifest(image).forEachBlock(onFailure: { $0 }) { (block, digest) throws(StoreError) in
            if block.rawValue == index { found = digest }
        }
        guard let found else { throw Command.Failure(description: "block \(index) is zero") }
        return found
    }
}

/// The error that `body` throws.
func engineError(_ body: () throws -> Void) -> EngineError? {
    do {
        try body()
        return nil
    } catch {
        return error as? EngineError
    }
}

/// Random bytes, each block of which is unlike all others of other `rounds`: cheaper than new ones each time.
struct BlockBytes {
    private let base: [UInt8]

    init(byteCount: Int, seed: UInt64) { base = SeededRandom.bytes(byteCount, seed: seed) }

    func bytes(round: Int) -> [UInt8] {
        var bytes = base
        for start in stride(from: 0, to: bytes.count - 8, by: BlockGeometry.byteCount) {
            for (place, byte) in withUnsafeBytes(of: round.littleEndian, Array.init).enumerated() {
                bytes[start + place] = byte
            }
        }
        return bytes
    }
}

/// Runs `body` on a thread of its own, so that one that never ends is a failure and no hang.
func endsInTime(_ seconds: Int = 40, _ body: @escaping @Sendable () -> Void) -> Bool {
    let hasEnded = DispatchSemaphore(value: 0)
    WorkerGroup().start("in-time") { _ in
        body()
        hasEnded.signal()
    }
    return hasEnded.wait(timeout: .now() + .seconds(seconds)) == .success
}

func usleepMilliseconds(_ milliseconds: UInt32) { usleep(milliseconds * 1_000) }
