internal import SnapConsistency
internal import SnapDevice
internal import SnapModel
internal import SnapStore
internal import SnapSystem
internal import Synchronization

/// The engine's part of a point in time by `live`: the first copy before it, what is laid upon it after.
final class LiveImaging: Sendable {
    private let engine: Engine
    private let copy: LiveCopy
    private let cancellation: CancellationFlag
    private let early = Mutex<EarlyImage?>(nil)
    private let auditedRoot = Mutex<PageID?>(nil)
    private let isWrong = Mutex(false)
    /// What went wrong here, in the engine's own words.
    private let trouble = Mutex<EngineError?>(nil)

    init(_ copy: LiveCopy, _ engine: Engine, _ cancellation: CancellationFlag) {
        self.engine = engine
        self.copy = copy
        self.cancellation = cancellation
    }

    /// Carries all of the volume into the store, as it is.
    func copyFirst(_ snapshot: Snapshot, _ progress: TransferProgress, audits: Bool) throws(EngineError) {
        copy.onReport { [engine] in engine.log.info([snapshot], $0) }
        copy.heed { [cancellation] () throws(ConsistencyError) in
            if cancellation.isCancelled { throw ConsistencyError(.cancelled, cancellation.reason) }
            progress.addRepeated(UnitOverlay.unitByteCount)
        }
        copy.onPass { progress.enter("pass \($0): \($1) units of 4 KiB left") }
        try carry(snapshot, progress)
        // What is read again is no progress.
        copy.onLoss { [self] () throws(ConsistencyError) in
            progress.enter("all is copied again")
            try translating { () throws(EngineError) in try carry(snapshot, TransferProgress(repeating: progress)) }
        }
        if audits { copy.atRest { [self] () throws(ConsistencyError) in try audit() } }
    }

    /// What `error` was before it went through the point in time: the engine's own.
    func failure(behind error: EngineError) -> EngineError? {
        trouble.withLock { $0?.explanation == error.explanation ? $0 : nil }
    }

    /// The volume, where its image was found to differ.
    var wronged: VolumeFacts? { isWrong.withLock { $0 } || copy.differs ? copy.reader.facts : nil }

    private func carry(_ snapshot: Snapshot, _ progress: TransferProgress) throws(EngineError) {
        try securing { () throws(ConsistencyError) in try copy.begin() }
        let image = try engine.image(snapshot, copy.reader, progress, cancellation, goingOn: false) {}
        let early = try EarlyImage(image.manifestRoot, engine)
        self.early.withLock { $0 = early }
        copy.expect { [self] units throws(ConsistencyError) in
            try translating { () throws(EngineError) in try early.bytes(of: units, engine) }
        }
    }

    /// Puts the image of the instant together. Throws `imagesDiffer` where an audit, or a sample, found another.
    func patch(_ progress: TransferProgress) throws(EngineError) -> SnapshotImage {
        guard let early = early.withLock({ $0 }) else { preconditionFailure("a patch without a first copy") }
        progress.enter(nil)
        let run = try PatchingRun(
            early, copy.overlay, engine: engine, progress: progress, cancellation: cancellation)
        let result = try run.run()
        try securing { () throws(ConsistencyError) in try copy.confirmSamples() }
        if let audited = auditedRoot.withLock({ $0 }), audited != result.root {
            isWrong.withLock { $0 = true }
            throw EngineError(
                .imagesDiffer,
                "\(copy.reader.facts.path) was written to unnoticed: the image differs from the volume as it was frozen; "
                    + "nothing was kept. Take it by another method, and please report this")
        }
        return SnapshotImage(
            manifestRoot: result.root, fullByteCount: result.blockCount * BlockGeometry.byteCount,
            newByteCount: progress.newByteCount, storedByteCount: progress.storedByteCount)
    }

    /// While the volume is at rest.
    private func audit() throws(ConsistencyError) {
        let root = try translating { () throws(EngineError) in
            let run = AuditRun(copy.reader, cancellation: cancellation) { [copy] () throws(EngineError) in
                try securing { () throws(ConsistencyError) in try copy.confirmFrozen() }
            }
            return try run.run(workerCount: engine.configuration.workerCount)
        }
        auditedRoot.withLock { $0 = root }
    }

    private func translating<Result>(
        _ body: () throws(EngineError) -> Result
    ) throws(ConsistencyError) -> Result {
        do throws(EngineError) {
            return try body()
        } catch {
            switch error.code {
            case .cancelled: throw ConsistencyError(.cancelled, error.explanation)
            case .freezeExpired: throw ConsistencyError(.freezeExpired, error.explanation)
            default:
                trouble.withLock { $0 = error }
                throw ConsistencyError(.systemFailure, error.explanation)
            }
        }
    }
}
