internal import Synchronization

/// The marks of a volume's units, which programs in the kernel set. From any thread.
final class MarkSet: Sendable {
    let layout: MarkLayout
    let words: MarkWords

    /// None is marked. Throws what `MarkWords` throws.
    init(_ layout: MarkLayout) throws(TrackingError) {
        self.layout = layout
        words = try MarkWords(count: layout.wordCount)
    }

    /// Takes all marks of units from `unit` on, until there are `limit` runs of them. `nextUnit` is nil at the end of the volume.
    func take(from unit: Int, limit: Int) -> (runs: [Range<Int>], nextUnit: Int?) {
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
    func count() -> MarkCount {
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
    func isMarked(_ unit: Int) -> Bool {
        let wide = unit / MarkLayout.unitsPerWideMark
        return isSet(layout.start, unit) || isSet(layout.wideStart, wide)
    }

    /// Adds all marks of `other`, which keeps them.
    func add(_ other: MarkSet) {
        for index in layout.wideStart..<layout.wordCount {
            let bits = other.words.read(index)
            if bits != 0 { words.add(bits, at: index) }
        }
    }

    func clear() {
        for index in layout.wideStart..<layout.wordCount where words.read(index) != 0 { _ = words.take(index) }
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
