/// Which units of a block are kept, and where: a few bytes for what is written here and there, so that it may be everywhere.
struct BlockUnits: Hashable, Sendable {
    enum Contents: Hashable, Sendable {
        case zeros
        case slot(UInt32)
    }

    /// A bit a unit.
    private var zeros: UInt128 = 0
    /// Those that have a slot, also if it is of no use for the moment, since they are zeros.
    private var slotted: UInt128 = 0
    /// In the order of their units.
    private var slots: [UInt32] = []

    var count: Int { (zeros | slotted).nonzeroBitCount }

    func contains(_ place: Int) -> Bool { (zeros | slotted) >> place & 1 == 1 }

    /// The unit's place in the block, and what it has, in order.
    var contents: [(place: Int, contents: Contents)] {
        var (found, number): ([(place: Int, contents: Contents)], Int) = ([], 0)
        for place in 0..<UInt128.bitWidth {
            let hasSlot = slotted >> place & 1 == 1
            if zeros >> place & 1 == 1 {
                found.append((place, .zeros))
            } else if hasSlot {
                found.append((place, .slot(slots[number])))
            }
            if hasSlot { number += 1 }
        }
        return found
    }

    mutating func keepZeros(_ place: Int) { zeros |= 1 << place }

    /// Returns the slot that the unit has; nil, and changes nothing, where it has none.
    mutating func keepInSlot(_ place: Int) -> UInt32? {
        guard slotted >> place & 1 == 1 else { return nil }
        zeros &= ~(1 << place)
        return slots[rank(of: place)]
    }

    /// Gives a slot to a unit that has none.
    mutating func keep(_ place: Int, inSlot slot: UInt32) {
        precondition(slotted >> place & 1 == 0, "unit \(place) has a slot")
        slots.insert(slot, at: rank(of: place))
        slotted |= 1 << place
        zeros &= ~(1 << place)
    }

    /// How many units before it have slots.
    private func rank(of place: Int) -> Int { (slotted & (1 << place - 1)).nonzeroBitCount }
}
