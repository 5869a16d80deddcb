internal import SnapCatalogue
internal import SnapConsistency
internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// Carries the pending snapshots of one instant, of one volume or of a set, to their common end: all of them become
/// `completed`, or all `error`.
///
/// Used from one thread. It gives back the points in time, and wakes what sleeps, on every path.
final class SnapshotJob {
    private let engine: Engine
    private let cancellation: CancellationFlag
    private let progresses: [TransferProgress]
    private let watch: PendingWatch
    private var snapshots: [Snapshot]
    private var points: [any PointInTime] = []
    private var quiescence: Quiescence?
    /// Of each snapshot, where it is taken by `live`.
    private var lives: [LiveImaging?]
    private let clock = Stopwatch()

    init(_ snapshots: [Snapshot], engine: Engine, progress: TransferProgress, cancellation: CancellationFlag) {
        self.engine = engine
        self.cancellation = cancellation
        self.snapshots = snapshots
        lives = snapshots.map { _ in nil }
        progresses = snapshots.map { _ in TransferProgress(partOf: progress) }
        watch = PendingWatch(
            zip(snapshots, progresses).map { PendingWatch.Subject(snapshot: $0.id, progress: $1) },
            catalogue: engine.catalogue, cancellation: cancellation)
    }

    /// Runs `body`; what it throws becomes the StateMessage of every snapshot, and their state `error`.
    func run<Result>(_ body: (SnapshotJob) throws(EngineError) -> Result) throws(EngineError) -> Result {
        do throws(EngineError) {
            defer { giveBack() }
            return try body(self)
        } catch {
            // What stopped the threads is the consequence of what the watch has found.
            var error = watch.failure ?? lives.lazy.compactMap { $0?.failure(behind: error) }.first ?? error
            error.snapshot = snapshots.first?.id
            engine.end(snapshots.map(\.id), because: error)
            noteWronged(error)
            engine.log.error(snapshots, "ended as error: \(error.explanation)")
            throw error
        }
    }

    /// What is copied before its point in time is taken: the volumes are read while they are in use.
    func copyFirst(_ methods: [any PointInTimeMethod], audits: Bool) throws(EngineError) {
        // The first copy believes what is stored, too.
        if methods.contains(where: { $0 is LiveMethod }) { _ = try trustGeneration() }
        for (index, method) in methods.enumerated() {
            guard let live = method as? LiveMethod else { continue }
            let imaging = LiveImaging(live.copy, engine, cancellation)
            lives[index] = imaging
            progresses[index].begin(totalByteCount: snapshots[index].volumeByteCount)
            try imaging.copyFirst(snapshots[index], progresses[index], audits: audits)
        }
    }

    /// Takes the points in time of all. What was prepared is undone when it throws.
    func secure(_ quiescence: Quiescence, _ context: HookContext) throws(EngineError) -> [Snapshot] {
        self.quiescence = quiescence
        quiescence.report = { [engine, snapshots] in engine.log.info(snapshots, $0) }
        quiescence.check = { [cancellation] () throws(ConsistencyError) in
            if cancellation.isCancelled { throw ConsistencyError(.cancelled, cancellation.reason) }
        }
        let outcome = try securing { () throws(ConsistencyError) in try quiescence.take(context) }
        points = outcome.points
        for index in snapshots.indices {
            snapshots[index].consistency = outcome.consistencies[index]
            snapshots[index].volumeByteCount = points[index].reader.byteCount
            snapshots[index].durations.securing = clock.elapsed
            try note(points[index], of: snapshots[index])
        }
        watch.tend(points)
        engine.log.info(snapshots, "the point in time is secured by \(snapshots[0].consistency.method.rawValue)")
        return snapshots
    }

    /// Goes on with a point in time that another process has taken: of the first snapshot that has none yet.
    func adopt(_ point: any PointInTime) {
        points.append(point)
        watch.tend(points)
    }

    /// Whether volumes are held up until the read is done.
    var holdsFreeze: Bool { quiescence?.holdsFreeze ?? false }

    /// Reads and stores everything, and completes.
    func finish() throws(EngineError) -> [Snapshot] {
        // What was copied first is counted already.
        for index in snapshots.indices where lives[index] == nil {
            progresses[index].begin(totalByteCount: snapshots[index].volumeByteCount)
        }
        let clock = Stopwatch()
        // Before anything is believed: what loses its trust later is found when the snapshots complete.
        let generation = try trustGeneration()
        // Those that hold somebody up come first.
        let order = snapshots.indices.sorted { isHolding($0) && !isHolding($1) }
        var waiting = order.filter(isHolding).count
        for index in order {
            try image(index) { () throws(EngineError) in
                guard isHolding(index) else { return }
                waiting -= 1
                if waiting == 0 { try wake() }
            }
        }
        try heedCancellation()
        for index in snapshots.indices { snapshots[index].durations.imaging = clock.elapsed }
        snapshots = try engine.complete(
            snapshots.indices.map {
                ImagedSnapshot(
                    snapshot: snapshots[$0], reader: isHolding($0) ? nil : points[$0].reader)
            },
            trustedSince: generation)
        engine.log.info(snapshots, "completed")
        return snapshots
    }

    // MARK: - Parts

    /// For the last time.
    private func heedCancellation() throws(EngineError) {
        for snapshot in snapshots {
            let reason = try cataloguing { () throws(CatalogueError) in
                try engine.catalogue.cancellationReason(snapshot.id)
            }
            if let reason { cancellation.cancel(reason) }
        }
        if cancellation.isCancelled { throw EngineError(.cancelled, cancellation.reason) }
    }

    /// That of the worker that began first: now, where none has asked before.
    private func trustGeneration() throws(EngineError) -> TrustGeneration {
        var first: TrustGeneration?
        for snapshot in snapshots {
            let generation = try cataloguing { () throws(CatalogueError) in
                try engine.catalogue.trustGeneration(of: snapshot.id)
            }
            first = min(first ?? generation, generation)
        }
        guard let first else { preconditionFailure("a job without snapshots") }
        return first
    }

    /// `live` is not used again for a volume whose image it got wrong.
    private func noteWronged(_ error: EngineError) {
        for (snapshot, live) in zip(snapshots, lives) {
            guard let facts = live?.wronged else { continue }
            let entry = LiveDistrust.Entry(
                volume: facts.identity, path: facts.requestedPath.string, snapshot: snapshot.id, time: .now(),
                reason: error.explanation)
            do throws(EngineError) {
                try LiveDistrust.note(entry, in: engine.configuration.root)
            } catch {
                engine.log.error([snapshot], "it could not be noted that live is wrong here: \(error.explanation)")
            }
        }
    }

    private func note(_ point: any PointInTime, of snapshot: Snapshot) throws(EngineError) {
        try cataloguing { () throws(CatalogueError) in
            try engine.catalogue.notePointInTime(
                snapshot.id, consistency: snapshot.consistency, lease: point.lease?.text,
                securing: clock.elapsed, volumeByteCount: snapshot.volumeByteCount)
        }
    }

    /// Whether the volume has the bytes of the instant only as long as it is frozen.
    private func isHolding(_ index: Int) -> Bool { snapshots[index].consistency.method == .freeze }

    private func image(_ index: Int, onReadEnd: () throws(EngineError) -> Void) throws(EngineError) {
        let (snapshot, point) = (snapshots[index], points[index])
        if let live = lives[index] {
            snapshots[index].image = try live.patch(progresses[index])
            snapshots[index].processedByteCount = snapshot.volumeByteCount
            return
        }
        snapshots[index].image = try engine.image(
            snapshot, point.reader, progresses[index], cancellation
        ) { () throws(EngineError) in
            try securing { () throws(ConsistencyError) in try point.confirm() }
            watch.leave(snapshot.id)
            try onReadEnd()
        }
        snapshots[index].processedByteCount = snapshot.volumeByteCount
    }

    private func wake() throws(EngineError) {
        guard let quiescence else { return }
        try securing { () throws(ConsistencyError) in try quiescence.wake() }
        for index in snapshots.indices {
            guard let instant = snapshots[index].consistency.instant else { continue }
            let consistency = quiescence.consistencies(at: instant)[index]
            snapshots[index].consistency = consistency
            try cataloguing { () throws(CatalogueError) in
                try engine.catalogue.noteConsistency(snapshots[index].id, consistency)
            }
        }
    }

    /// Writers first. What is given back is tended no more.
    private func giveBack() {
        for snapshot in snapshots { watch.leave(snapshot.id) }
        try? quiescence?.wake()
        watch.stop()
        for (snapshot, point) in zip(snapshots, points) {
            point.release()
            // What could not be removed is found by its lease, at the next start.
            if point.lease?.isThere != true { try? engine.catalogue.releasePointInTime(snapshot.id) }
        }
        points = []
    }
}
