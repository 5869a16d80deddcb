internal import SnapCodec
package import SnapModel
package import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// The latest bytes of those units of a volume that were written while it was copied: they belong on top of the copy.
///
/// In memory that was reserved, and beyond that in a file without a name; zeros, as of what is discarded, in neither. From any
/// thread; one unit from one thread at a time.
package final class UnitOverlay: Sendable {
    package static let unitByteCount = MarkLayout.unitByteCount
    package static let unitsPerBlock = BlockGeometry.byteCount / unitByteCount
    /// Of memory.
    private static let memorySlotCount = 16_384

    private let memory: AlignedBuffer
    private let spill: SpillFile
    private let index = Mutex(Index())

    private struct Index {
        var blocks: [Int: BlockUnits] = [:]
        var slotCount: UInt32 = 0
    }

    /// `directory` is where a file may be made for what memory does not hold: not on what is frozen.
    init(spillingInto directory: FilePath) throws(ConsistencyError) {
        do throws(SystemError) {
            memory = try AlignedBuffer(byteCount: Self.memorySlotCount * Self.unitByteCount)
        } catch {
            throw ConsistencyError(error)
        }
        spill = SpillFile(directory)
    }

    func clear() { index.withLock { $0 = Index() } }

    /// Gives back what it takes of a disk, too.
    func discard() {
        clear()
        spill.close()
    }

    package var unitCount: Int { index.withLock { $0.blocks.values.reduce(0) { $0 + $1.count } } }

    /// Blocks of `range` that have units here, in order.
    package func blocks(in range: Range<Int>) -> [BlockIndex] {
        let numbers: [Int] = index.withLock { index in range.filter { index.blocks[$0] != nil } }
        return numbers.map { BlockIndex($0) }
    }

    func contains(_ unit: Int) -> Bool {
        index.withLock { $0.blocks[unit / Self.unitsPerBlock]?.contains(unit % Self.unitsPerBlock) ?? false }
    }

    /// Keeps the bytes of `unit`, which begin at `offset` of `buffer`, in place of those that it had.
    func keep(_ unit: Int, _ buffer: borrowing AlignedBuffer, at offset: Int) throws(ConsistencyError) {
        let range = offset..<(offset + Self.unitByteCount)
        let (block, place) = unit.quotientAndRemainder(dividingBy: Self.unitsPerBlock)
        if ZeroTest.isZero(buffer, range: range) {
            return index.withLock { $0.blocks[block, default: BlockUnits()].keepZeros(place) }
        }
        let slot = try slot(of: place, block)
        if slot < Self.memorySlotCount {
            memory.store(from: buffer, range: range, at: slot * Self.unitByteCount)
        } else {
            try spill.write(buffer, range, at: (slot - Self.memorySlotCount) * Self.unitByteCount)
        }
    }

    /// Whether every unit of `block` is here.
    package func covers(_ block: BlockIndex) -> Bool {
        index.withLock { $0.blocks[block.rawValue]?.count == Self.unitsPerBlock }
    }

    /// Puts the units of `block` where they belong in `buffer`, in which the block begins at `offset`.
    package func lay(_ block: BlockIndex, over buffer: borrowing AlignedBuffer, at offset: Int) throws(ConsistencyError)
    {
        guard let units = index.withLock({ $0.blocks[block.rawValue] }) else { return }
        for (place, contents) in units.contents {
            let target = offset + place * Self.unitByteCount
            switch contents {
            case .zeros: buffer.clear(target..<(target + Self.unitByteCount))
            case .slot(let number):
                let slot = Int(number)
                if slot < Self.memorySlotCount {
                    let start = slot * Self.unitByteCount
                    buffer.store(from: memory, range: start..<(start + Self.unitByteCount), at: target)
                } else {
                    let range = target..<(target + Self.unitByteCount)
                    try spill.read(into: buffer, range, at: (slot - Self.memorySlotCount) * Self.unitByteCount)
                }
            }
        }
    }

    /// Has the memory for `count` more units at hand, so that under a freeze nothing waits for it.
    func reserve(_ count: Int) {
        let first = index.withLock { Int($0.slotCount) }
        guard first < Self.memorySlotCount else { return }
        let last = min(Self.memorySlotCount, first + count)
        memory.clear(first * Self.unitByteCount..<last * Self.unitByteCount)
    }

    private func slot(of place: Int, _ block: Int) throws(ConsistencyError) -> Int {
        let slot = index.withLock { index -> UInt32? in
            if let known = index.blocks[block]?.keepInSlot(place) { return known }
            guard index.slotCount < .max else { return nil }
            let new = index.slotCount
            index.slotCount += 1
            index.blocks[block, default: BlockUnits()].keep(place, inSlot: new)
            return new
        }
        guard let slot else { throw ConsistencyError(.noReserve, "more was written meanwhile than can be kept") }
        return Int(slot)
    }
}
