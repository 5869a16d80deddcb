internal import SnapModel
internal import SnapSystem
internal import Synchronization

/// Knows which units of a volume may have been written since they were last asked for. From any thread.
///
/// It tracks from `init` to the end of its life, or of this process. A mark is of a unit of 4 KiB (`MarkLayout.unitByteCount`).
/// Take marks first and read the units then: what was written until the taking is read, what comes after marks again.
package final class WriteTracker: Sendable {
    package let layout: MarkLayout
    private let words: MarkWords
    private let disks: [DiskTracking]

    /// Throws what `init` throws, as far as it is known without a disk: the kernel, and what this process may.
    package static func tryOut() throws(TrackingError) {
        let extent = TrackedExtent(
            disk: DeviceNumber(major: 0, minor: 0), onDisk: ByteExtent(offset: 0, byteCount: MarkLayout.unitByteCount))
        let layout = MarkLayout(byteCount: MarkLayout.unitByteCount)
        let words = try MarkWords(count: layout.wordCount)
        let tracepoint = try Tracepoint.requestCompleted()
        let instructions = MarkingProgram.assemble(
            extent, layout, tracepoint, map: words.map.rawValue, countingIn: MarkLayout.firstCounter)
        _ = try Program(instructions, at: tracepoint)
    }

    /// Begins to track the writes to `extents`, which are a volume of `byteCount` bytes.
    ///
    /// Throws `unsupported`, `permissionDenied`, `systemFailure`.
    package convenience init(byteCount: Int, _ extents: [TrackedExtent]) throws(TrackingError) {
        try self.init(byteCount: byteCount, extents, at: try .requestCompleted())
    }

    init(byteCount: Int, _ extents: [TrackedExtent], at tracepoint: Tracepoint) throws(TrackingError) {
        precondition(extents.allSatisfy { $0.volumeOffset + $0.onDisk.byteCount <= byteCount }, "\(extents)")
        guard extents.count <= MarkLayout.extentLimit else {
            throw TrackingError(.unsupported, "it lies in \(extents.count) places of its disks")
        }
        let layout = MarkLayout(byteCount: byteCount)
        let words = try MarkWords(count: layout.wordCount)
        var disks: [DiskTracking] = []
        for (index, extent) in extents.enumerated() {
            disks.append(
                try DiskTracking(extent, layout, words, tracepoint, countingIn: MarkLayout.firstCounter + index))
        }
        (self.layout, self.words, self.disks) = (layout, words, disks)
    }

    /// Forgets what was written until now: somebody is about to read the whole volume.
    package func restart() throws(TrackingError) {
        var next: Int? = 0
        while let unit = next { next = take(from: unit, limit: Self.forgottenLimit).nextUnit }
        for disk in disks { try disk.restart() }
    }

    private static let forgottenLimit = 65_536

    /// Throws `marksLost` when more may have been written than the marks tell. Some hundred microseconds.
    package func confirm() throws(TrackingError) {
        guard words.read(MarkLayout.overflowWord) == 0 else {
            throw TrackingError(.marksLost, "a request to the disk was larger than can be")
        }
        for disk in disks { try disk.confirm() }
    }

    /// Takes all marks of units from `unit` on, until there are `limit` runs of them. `nextUnit` is nil at the end of the volume.
    package func take(
        from unit: Int, limit: Int
    ) -> (runs: [Range<Int>], nextUnit: Int?) {
        precondition(unit % MarkLayout.unitsPerWord == 0 && limit > 0, "from unit \(unit)")
        spreadWideMarks(unit)
        var runs: [Range<Int>] = []
        for index in unit / MarkLayout.unitsPerWord..<layout.markWordCount {
            if runs.count >= limit { return (runs, index * MarkLayout.unitsPerWord) }
            guard words.read(layout.start + index) != 0 else { continue }
            append(words.take(layout.start + index), index * MarkLayout.unitsPerWord, to: &runs)
        }
        return (runs, nil)
    }

    /// How many units are marked, about: marks may come meanwhile.
    package func count() -> MarkCount {
        spreadWideMarks(0)
        var count = MarkCount()
        for index in 0..<layout.markWordCount {
            let bits = words.read(layout.start + index)
            count.unitCount += bits.nonzeroBitCount
            count.runCount += (bits & ~(bits << 1)).nonzeroBitCount
        }
        return count
    }

    /// Whether `unit` is marked now.
    package func isMarked(_ unit: Int) -> Bool {
        let wide = unit / MarkLayout.unitsPerWideMark
        return isSet(layout.start, unit) || isSet(layout.wideStart, wide)
    }

    // MARK: - Parts

    private func isSet(_ start: Int, _ bit: Int) -> Bool {
        words.read(start + bit / MarkLayout.unitsPerWord) >> UInt64(bit % MarkLayout.unitsPerWord) & 1 == 1
    }

    /// Only before the first marks are taken: what comes later is for the next time.
    private func spreadWideMarks(_ unit: Int) {
        guard unit == 0 else { return }
        let wordsPerMark = MarkLayout.unitsPerWideMark / MarkLayout.unitsPerWord
        for index in 0..<layout.wideWordCount where words.read(layout.wideStart + index) != 0 {
            var bits = words.take(layout.wideStart + index)
            while bits != 0 {
                let first = (index * MarkLayout.unitsPerWord + bits.trailingZeroBitCount) * wordsPerMark
                for word in first..<min(first + wordsPerMark, layout.markWordCount) {
                    words.add(.max, at: layout.start + word)
                }
                bits &= bits - 1
            }
        }
    }

    /// `bits`: marks of the units from `first` on.
    private func append(_ bits: UInt64, _ first: Int, to runs: inout [Range<Int>]) {
        var bits = bits
        while bits != 0 {
            let start = bits.trailingZeroBitCount
            let end = start + (~(bits >> UInt64(start))).trailingZeroBitCount
            // Wide marks reach beyond the end of the volume.
            guard first + start < layout.unitCount else { return }
            let run = (first + start)..<min(first + end, layout.unitCount)
            bits = end >= MarkLayout.unitsPerWord ? 0 : bits & (.max << UInt64(end))
            if let last = runs.last, last.upperBound == run.lowerBound {
                runs[runs.count - 1] = last.lowerBound..<run.upperBound
            } else {
                runs.append(run)
            }
        }
    }
}
