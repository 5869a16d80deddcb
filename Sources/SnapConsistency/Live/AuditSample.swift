internal import SnapSystem
internal import SnapTracking
internal import Synchronization

/// Some units, taken by chance, that are held not to have been written.
package struct AuditSample: Sendable {
    /// Returns the bytes that the first copy has of each of these units, which are in order.
    package typealias Expectation = @Sendable ([Int]) throws(ConsistencyError) -> [[UInt8]]

    static let unitCount = 300

    /// In order.
    let units: [Int]

    static func choose(unitCount: Int, leavingOut isKnown: (Int) -> Bool) -> AuditSample {
        let chosen = Set((0..<Self.unitCount).map { _ in Int.random(in: 0..<unitCount) })
        return AuditSample(units: chosen.filter { !isKnown($0) }.sorted())
    }

    /// Reads them from the volume as it is, and tells how many requests that were, and how long they took.
    func tryOut(by reading: UnitReading) throws(ConsistencyError) -> (requestCount: Int, duration: Duration) {
        let watch = Stopwatch()
        let count = try reading.read(units.map { $0..<($0 + 1) }) { (_, _, _) throws(ConsistencyError) in }
        return (count, watch.elapsed)
    }

    /// Reads some of them, by chance, from the volume, which is at rest: the bytes by unit. `hasChanged` tells which were
    /// written since, of which there are none.
    func read(
        by reading: UnitReading, atMost limit: Int, _ hasChanged: @escaping @Sendable (Int) -> Bool
    ) throws(ConsistencyError) -> [Int: [UInt8]] {
        let unchanged = units.filter { !hasChanged($0) }.shuffled()
        let runs = unchanged.prefix(limit).sorted().map { $0..<($0 + 1) }
        let found = Mutex<[Int: [UInt8]]>([:])
        _ = try reading.read(runs) { (unit, buffer, offset) throws(ConsistencyError) in
            let bytes = buffer.copyBytes(offset..<(offset + MarkLayout.unitByteCount))
            if !hasChanged(unit) { found.withLock { $0[unit] = bytes } }
        }
        return found.withLock { $0 }
    }
}
