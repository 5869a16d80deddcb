internal import SnapModel

/// Finds which sectors of a range cannot be read, and how far the damage goes on behind it.
///
/// A range that fails is halved until its parts can be read or are one sector. All bounds are named: damage may be large
/// and a failing disk slow.
struct DamageSearch {
    /// The smallest part that is tried, in bytes; all tries begin at its multiples.
    let sectorByteCount: Int
    /// The end of the volume.
    let byteCount: Int
    var timeLimit = Duration.seconds(30)
    /// How far behind the range that failed it looks.
    var forwardByteLimit = 8 << 20
    /// How much is tried at once behind it.
    var stepByteCount = 512 << 10

    struct Findings: Equatable {
        var extents: [ByteExtent] = []
        /// False: the time was up, so that some of `extents` may be readable, or the damage goes on behind them.
        var isComplete = true
    }

    /// `isReadable` tries to read an extent.
    func search(_ failed: ByteExtent, isReadable: (ByteExtent) -> Bool) -> Findings {
        var findings = Findings()
        let deadline = ContinuousClock.now.advanced(by: timeLimit)
        halve(failed, deadline, &findings, isReadable)
        var end = failed.end
        // Only damage that reaches the end of what was tried goes on behind it.
        while end < byteCount, findings.extents.last?.end == end {
            guard end - failed.end < forwardByteLimit, ContinuousClock.now < deadline else {
                findings.isComplete = false
                break
            }
            let step = ByteExtent(offset: end, byteCount: min(stepByteCount, byteCount - end))
            halve(step, deadline, &findings, isReadable)
            end = step.end
        }
        return findings
    }

    private func halve(
        _ extent: ByteExtent, _ deadline: ContinuousClock.Instant, _ findings: inout Findings,
        _ isReadable: (ByteExtent) -> Bool
    ) {
        if isReadable(extent) { return }
        let sectorCount = (extent.byteCount + sectorByteCount - 1) / sectorByteCount
        let isLate = ContinuousClock.now >= deadline
        if sectorCount <= 1 || isLate {
            if sectorCount > 1 { findings.isComplete = false }
            ByteExtent.append(extent, to: &findings.extents)
            return
        }
        let half = sectorCount / 2 * sectorByteCount
        let left = ByteExtent(offset: extent.offset, byteCount: half)
        let right = ByteExtent(offset: extent.offset + half, byteCount: extent.byteCount - half)
        halve(left, deadline, &findings, isReadable)
        halve(right, deadline, &findings, isReadable)
    }
}
