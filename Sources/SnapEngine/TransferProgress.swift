package import SnapModel
internal import Synchronization

/// How far a run is. Written by its threads, read by whoever shows it; all counts are bytes.
package final class TransferProgress: Sendable {
    private let total = Atomic(0)
    private let processed = Atomic(0)
    private let read = Atomic(0)
    private let new = Atomic(0)
    private let stored = Atomic(0)
    private let repeated = Atomic(0)
    private let currentStage = Mutex<String?>(nil)
    /// What this is a part of: it counts what its parts count.
    private let whole: TransferProgress?
    /// What this does again: it shows nothing of that, and hears that it gets on.
    private let first: TransferProgress?

    package init() { (whole, first) = (nil, nil) }

    init(partOf whole: TransferProgress) { (self.whole, first) = (whole, nil) }

    init(repeating first: TransferProgress) { (whole, self.first) = (nil, first) }

    /// What there is to do: the size of the volume.
    package var totalByteCount: Int { total.load(ordering: .relaxed) }
    /// What is done, holes included.
    package var processedByteCount: Int { processed.load(ordering: .relaxed) }
    /// What was really read.
    package var readByteCount: Int { read.load(ordering: .relaxed) }
    /// Of that, what nobody had stored before.
    package var newByteCount: Int { new.load(ordering: .relaxed) }
    /// What the new blocks take in packs.
    package var storedByteCount: Int { stored.load(ordering: .relaxed) }
    /// What was read again, and is in none of the other counts: nothing is further for it, but somebody is at work.
    package var repeatedByteCount: Int { repeated.load(ordering: .relaxed) }

    /// What is being done while no more bytes are counted, in words; nil where the counts tell enough.
    package var stage: String? { currentStage.withLock { $0 } }

    /// Shows what the records of snapshots tell, which another process carries on.
    package func show(_ snapshots: [Snapshot]) {
        total.store(snapshots.reduce(0) { $0 + $1.volumeByteCount }, ordering: .relaxed)
        processed.store(snapshots.reduce(0) { $0 + $1.processedByteCount }, ordering: .relaxed)
        new.store(snapshots.reduce(0) { $0 + ($1.image?.newByteCount ?? $1.newByteCount) }, ordering: .relaxed)
        stored.store(snapshots.reduce(0) { $0 + ($1.image?.storedByteCount ?? $1.storedByteCount) }, ordering: .relaxed)
        let stage = snapshots.first { $0.state == .pending && $0.stateMessage != nil }?.stateMessage
        currentStage.withLock { $0 = stage }
    }

    func enter(_ stage: String?) {
        currentStage.withLock { $0 = stage }
        whole?.enter(stage)
    }

    /// Of several things that are done one after the other, each begins with this: what is done stays counted.
    func begin(totalByteCount: Int) {
        let now = processedByteCount + totalByteCount
        let before = total.exchange(now, ordering: .relaxed)
        whole?.total.add(now - before, ordering: .relaxed)
    }

    func addProcessed(_ byteCount: Int) {
        processed.add(byteCount, ordering: .relaxed)
        whole?.addProcessed(byteCount)
        first?.addRepeated(byteCount)
    }

    func addRead(_ byteCount: Int) {
        read.add(byteCount, ordering: .relaxed)
        whole?.addRead(byteCount)
    }

    func addNew(_ byteCount: Int, stored storedByteCount: Int) {
        new.add(byteCount, ordering: .relaxed)
        stored.add(storedByteCount, ordering: .relaxed)
        whole?.addNew(byteCount, stored: storedByteCount)
    }

    func addRepeated(_ byteCount: Int) {
        repeated.add(byteCount, ordering: .relaxed)
        whole?.addRepeated(byteCount)
    }
}
