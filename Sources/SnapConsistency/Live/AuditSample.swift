internal import SnapSystem
internal import SnapTracking
internal import Synchronization
internal import SystemPackage

/// Some units, taken by chance, that are held not to have been written: what the first copy has of them.
package struct AuditSample: Sendable {
    /// Returns the bytes that the first copy has of each of these units, which are in order.
    package typealias Expectation = @Sendable ([Int]) throws(ConsistencyError) -> [[UInt8]]

    static let unitCount = 300

    private let expected: [Int: [UInt8]]

    static func choose(
        unitCount: Int, leavingOut isKnown: (Int) -> Bool, _ expectation: Expectation
    ) throws(ConsistencyError) -> AuditSample {
        let chosen = Set((0..<Self.unitCount).map { _ in Int.random(in: 0..<unitCount) })
        let units = chosen.filter { !isKnown($0) }.sorted()
        return AuditSample(expected: Dictionary(uniqueKeysWithValues: zip(units, try expectation(units))))
    }

    /// Reads them from the volume as it is, and tells how many requests that were, and how long they took.
    func tryOut(by reading: UnitReading) throws(ConsistencyError) -> (requestCount: Int, duration: Duration) {
        let watch = Stopwatch()
        let runs = expected.keys.sorted().map { $0..<($0 + 1) }
        let count = try reading.read(runs) { (_, _, _) throws(ConsistencyError) in }
        return (count, watch.elapsed)
    }

    /// Reads some of them, by chance, from the volume, which is at rest. `hasChanged` tells which were written since.
    ///
    /// Throws `imageDiffers`.
    func compare(
        by reading: UnitReading, of path: FilePath, atMost limit: Int, _ hasChanged: @escaping @Sendable (Int) -> Bool
    ) throws(ConsistencyError) {
        let unchanged = expected.keys.filter { !hasChanged($0) }.shuffled()
        let runs = unchanged.prefix(limit).sorted().map { $0..<($0 + 1) }
        let differing = Mutex<[Int]>([])
        _ = try reading.read(runs) { [expected] (unit, buffer, offset) throws(ConsistencyError) in
            let bytes = buffer.copyBytes(offset..<(offset + MarkLayout.unitByteCount))
            if bytes != expected[unit], !hasChanged(unit) { differing.withLock { $0.append(unit) } }
        }
        guard let first = differing.withLock({ $0.min() }) else { return }
        throw ConsistencyError(
            .imageDiffers,
            "\(path) was written to unnoticed: \(differing.withLock { $0.count }) of \(runs.count) samples differ from the "
                + "image, the first at byte \(first * MarkLayout.unitByteCount); nothing was kept. Take it by another method, "
                + "and please report this")
    }
}
