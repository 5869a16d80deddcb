internal import Synchronization

/// How far a run is. Written by its threads, read by whoever shows it; all counts are bytes.
package final class TransferProgress: Sendable {
    private let total = Atomic(0)
    private let processed = Atomic(0)
    private let read = Atomic(0)
    private let new = Atomic(0)
    private let stored = Atomic(0)

    package init() {}

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

    func begin(totalByteCount: Int) { total.store(totalByteCount, ordering: .relaxed) }
    func addProcessed(_ byteCount: Int) { processed.add(byteCount, ordering: .relaxed) }
    func addRead(_ byteCount: Int) { read.add(byteCount, ordering: .relaxed) }
    func addNew(_ byteCount: Int, stored storedByteCount: Int) {
        new.add(byteCount, ordering: .relaxed)
        stored.add(storedByteCount, ordering: .relaxed)
    }
}
