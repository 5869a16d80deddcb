internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// Knows which units of a volume may have been written since they were last asked for. From any thread.
///
/// It tracks from `init` to the end of its life, or of this process. A mark is of a unit of 4 KiB (`MarkLayout.unitByteCount`).
/// Take marks first and read the units then: what was written until the taking is read, what comes after marks again.
///
/// Writes are seen twice: when they have ended, and when they are asked for. The kernel may leave a program out. Then the one
/// watch lacks marks, which the count of sectors tells (`DeviceWatch`), and has them from the other.
package final class WriteTracker: Sendable {
    /// What is known after `reconcile`.
    package enum Knowledge: Hashable, Sendable {
        /// All that was written since `restart` is marked, or was.
        case complete
        /// Marks were missing, and are set now, with many others.
        case completed
        /// Nobody knows.
        case lost
        /// Something is under way all the time, so that it cannot be told.
        case unrest
    }

    package let layout: MarkLayout
    private let ended: WriteWatch
    private let asked: WriteWatch
    /// Discards that are asked for, where the end of them is not told of each.
    private let discards: WriteWatch?
    /// Whether marks were missing, so that the others must be all there.
    private let needsAsked = Atomic(false)

    /// Throws what `init` throws, as far as it is known without a disk: the kernel, and what this process may. Nothing is tracked,
    /// since the kernel takes a tenth of a second to end that.
    package static func tryOut() throws(TrackingError) {
        let extent = TrackedExtent(
            disk: DeviceNumber(major: 0, minor: 0), onDisk: ByteExtent(offset: 0, byteCount: MarkLayout.unitByteCount))
        let marks = try MarkSet(MarkLayout(byteCount: MarkLayout.unitByteCount))
        for tracepoint in [try Tracepoint.requestCompleted(), try Tracepoint.transferQueued()] {
            let instructions = MarkingProgram.assemble(
                .allWrites, extent, .disk, marks, tracepoint, countingIn: MarkLayout.firstCounter)
            try Program.tryOut(instructions)
        }
    }

    /// Begins to track the writes to `extents`, which are a volume of `byteCount` bytes.
    ///
    /// Throws `unsupported`, `permissionDenied`, `systemFailure`.
    package convenience init(byteCount: Int, _ extents: [TrackedExtent]) throws(TrackingError) {
        try self.init(byteCount: byteCount, extents, ended: try .requestCompleted(), asked: try .transferQueued())
    }

    init(
        byteCount: Int, _ extents: [TrackedExtent], ended: Tracepoint, asked: Tracepoint
    ) throws(TrackingError) {
        precondition(extents.allSatisfy { $0.volumeOffset + $0.onDisk.byteCount <= byteCount }, "\(extents)")
        guard extents.count <= MarkLayout.extentLimit else {
            throw TrackingError(.unsupported, "it lies in \(extents.count) places of its disks")
        }
        layout = MarkLayout(byteCount: byteCount)
        let merging = extents.filter(\.mergesDiscards)
        // Called in this order: who sees the mark of a discard sees it counted, too.
        self.asked = try WriteWatch(.allWrites, layout, extents, .asked, asked)
        discards = merging.isEmpty ? nil : try WriteWatch(.discards, layout, merging, .asked, asked)
        self.ended = try WriteWatch(.allWrites, layout, extents, .disk, ended)
        try restart()
    }

    /// Forgets what was written until now: somebody is about to read the whole volume.
    package func restart() throws(TrackingError) {
        needsAsked.store(false, ordering: .releasing)
        let (before, discarded) = (asked.marks.takeWords(), discards?.marks.takeWords() ?? [])
        ended.marks.clear()
        try asked.restart()
        try ended.restart()
        // Without a moment of rest, what was asked for before may be under way still.
        guard !asked.isExact else { return }
        asked.marks.add(before)
        discards?.marks.add(discarded)
    }

    /// Marks what was discarded, where the disk merges discards. That is known only at a moment when all that was asked for has
    /// ended. False: such a moment did not come. `isAtRest`: nobody writes to the volume, though discards may go on.
    package func markDiscards(isAtRest: Bool = false) throws(TrackingError) -> Bool {
        guard let discards else { return true }
        // First the marks, then the moment: so their discards have ended by then.
        let taken = discards.marks.takeWords()
        guard !taken.isEmpty else { return true }
        let hasEnded = try asked.hasRest(isAtRest)
        (hasEnded ? ended : discards).marks.add(taken)
        return hasEnded
    }

    /// Compares what was seen with what the kernel counts. `isAtRest`: nobody writes to the volume. Only then it is known whether
    /// marks that were missing were all found. Some hundred microseconds.
    ///
    /// Throws `marksLost` when the writes cannot be counted.
    package func reconcile(isAtRest: Bool) throws(TrackingError) -> Knowledge {
        if isAtRest, let doubt = try doubtOfAsked() { return doubt }
        guard try isMissing(isAtRest) else { return .complete }
        needsAsked.store(true, ordering: .releasing)
        // First the new base: what is missed from now on is another difference.
        try ended.accept()
        ended.marks.add(asked.marks)
        return .completed
    }

    /// At rest, where it matters: after a gap of the first watch, and where discards are known by what is asked for only. Nothing
    /// is under way then, so that a base that was too little does not agree, and the next one is exact.
    private func doubtOfAsked() throws(TrackingError) -> Knowledge? {
        guard discards != nil || needsAsked.load(ordering: .acquiring) else { return nil }
        let comparison = try asked.compare()
        if comparison == .equal { return nil }
        if comparison == .less, try !asked.isIdle() { return .unrest }
        try asked.accept(isAtRest: true)
        return .lost
    }

    /// Whether the first watch saw less than the kernel. At rest it is asked twice: the writes to another partition are in the
    /// counts, too, and one that is on its way may stand for one that was missed.
    private func isMissing(_ isAtRest: Bool) throws(TrackingError) -> Bool {
        if try ended.compare() != .equal { return true }
        guard isAtRest else { return false }
        CurrentProcess.rest(for: Self.pause)
        return try ended.compare() != .equal
    }

    /// Takes all marks of units from `unit` on, until there are `limit` runs of them. `nextUnit` is nil at the end of the volume.
    package func take(
        from unit: Int, limit: Int
    ) -> (runs: [Range<Int>], nextUnit: Int?) { ended.marks.take(from: unit, limit: limit) }

    /// How many units are marked, about: marks may come meanwhile.
    package func count() -> MarkCount { ended.marks.count() }

    /// Whether `unit` is marked now.
    package func isMarked(_ unit: Int) -> Bool {
        ended.marks.isMarked(unit) || discards?.marks.isMarked(unit) ?? false
    }

    private static let pause = Duration.milliseconds(1)
}
