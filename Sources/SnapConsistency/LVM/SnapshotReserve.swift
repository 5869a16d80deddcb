/// How much room a thick snapshot gets for what its origin's users overwrite while it is read.
struct SnapshotReserve: Hashable, Sendable {
    let volumeByteCount: Int
    let extentByteCount: Int

    /// Of the volume, if nobody says otherwise: more than most volumes change while they are read.
    private static let usualFraction = 0.2
    private static let smallestByteCount = 64 << 20
    /// From here on it is extended.
    private static let fullFraction = 0.7
    /// By how much of what it has.
    private static let growthFraction = 0.5

    /// For snapshots of `volume`.
    static func of(_ volume: LogicalVolume) -> SnapshotReserve {
        SnapshotReserve(volumeByteCount: volume.byteCount, extentByteCount: volume.extentByteCount)
    }

    /// With this it cannot overflow: every chunk of the volume, and 16 bytes a chunk of at least 4 KiB to find it by.
    var greatestByteCount: Int { wholeExtents(volumeByteCount + volumeByteCount / 256 + (1 << 20)) }

    /// What to begin with. Throws `noReserve` where the group has not got it.
    func initialByteCount(
        asked: Int?, free: Int, group: String
    ) throws(ConsistencyError) -> Int {
        let room = free / extentByteCount * extentByteCount
        let wanted = min(wholeExtents(asked ?? usualByteCount), greatestByteCount)
        let least = asked == nil ? min(wholeExtents(Self.smallestByteCount), greatestByteCount) : wanted
        guard room >= least else {
            throw ConsistencyError(
                .noReserve,
                "volume group \(group) has \(mebibytes(room)) MiB free, and the snapshot's reserve needs \(mebibytes(least)); "
                    + "extend the group (vgextend), or free some of it")
        }
        return min(wanted, room)
    }

    /// By how much to extend one of `byteCount`, of which `usedByteCount` are used; nil: it is not time, or there is no room.
    func extensionByteCount(usedByteCount: Int, byteCount: Int, free: Int) -> Int? {
        guard needsExtension(usedByteCount: usedByteCount, byteCount: byteCount) else { return nil }
        let wanted = max(wholeExtents(Int(Double(byteCount) * Self.growthFraction)), extentByteCount)
        let possible = min(wanted, free / extentByteCount * extentByteCount, greatestByteCount - byteCount)
        return possible >= extentByteCount ? possible : nil
    }

    func needsExtension(usedByteCount: Int, byteCount: Int) -> Bool {
        byteCount < greatestByteCount && Double(usedByteCount) > Double(byteCount) * Self.fullFraction
    }

    private var usualByteCount: Int {
        max(Self.smallestByteCount, Int(Double(volumeByteCount) * Self.usualFraction))
    }

    private func wholeExtents(_ byteCount: Int) -> Int {
        (byteCount + extentByteCount - 1) / extentByteCount * extentByteCount
    }

    private func mebibytes(_ byteCount: Int) -> Int { byteCount >> 20 }
}
