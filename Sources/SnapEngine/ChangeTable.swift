internal import SnapCatalogue

/// The distinct chunks and pages that changes name, found by their digests.
struct ChangeTable {
    struct Body {
        fileprivate let high: UInt64
        fileprivate let low: UInt64
        /// At how many places of the image that is being counted it stands.
        var count: Int32 = 0
        /// The image that the run under way began with; −1: none is.
        var start: Int32 = -1
        /// The only image that had it so far; −1: none had; −2: several had.
        private(set) var sole: Int32 = -1
        private var size: UInt32 = 0

        private static let (pageFlag, keptFlag) = (UInt32(1) << 31, UInt32(1) << 30)
        private static let sizeMask = UInt32(1) << 30 - 1

        fileprivate init(_ change: ImageChange) { (high, low) = (change.high, change.low) }

        var storedByteCount: Int { Int(size & Self.sizeMask) }
        var isPage: Bool { size & Self.pageFlag != 0 }
        var isOwned: Bool { sole != -1 }
        /// Whether somebody needs it who is not deleted.
        var isKept: Bool { size & Self.keptFlag != 0 }

        mutating func note(_ change: ImageChange) {
            size = size & Self.keptFlag | UInt32(change.storedByteCount) & Self.sizeMask
            if change.isPage { size |= Self.pageFlag }
        }

        /// Ends the run under way.
        mutating func end(isSole: Bool, isKept: Bool) {
            sole = sole == -1 && isSole ? start : -2
            if isKept { size |= Self.keptFlag }
            start = -1
        }
    }

    var bodies: [Body] = []
    /// Open addressing: the place in `bodies` plus one; 0 is an empty slot.
    private var slots: [UInt32]

    private static let reserveLimit = 8 << 20

    /// `count`: how many there will be, about; growing costs as much as filling.
    init(expecting count: Int) {
        let count = min(count, Self.reserveLimit)
        bodies.reserveCapacity(count)
        var slotCount = 1 << 12
        while 2 * slotCount <= 3 * count { slotCount *= 2 }
        slots = Array(repeating: 0, count: slotCount)
    }

    /// The place of what `change` names, which is made when it is new.
    mutating func find(_ change: ImageChange) -> Int {
        if 3 * bodies.count >= 2 * slots.count { grow() }
        let mask = slots.count - 1
        var slot = Int(truncatingIfNeeded: change.high) & mask
        while slots[slot] != 0 {
            let place = Int(slots[slot]) - 1
            if bodies[place].low == change.low, bodies[place].high == change.high { return place }
            slot = (slot + 1) & mask
        }
        bodies.append(Body(change))
        slots[slot] = UInt32(bodies.count)
        return bodies.count - 1
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: 2 * slots.count)
        let mask = slots.count - 1
        for (place, body) in bodies.enumerated() {
            var slot = Int(truncatingIfNeeded: body.high) & mask
            while slots[slot] != 0 { slot = (slot + 1) & mask }
            slots[slot] = UInt32(place + 1)
        }
    }
}
