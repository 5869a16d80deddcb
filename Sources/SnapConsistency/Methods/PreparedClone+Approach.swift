internal import SnapDevice
internal import SnapModel
internal import SnapSystem
internal import SystemPackage

/// A clone costs its filesystem some microseconds for every extent of the image, and whoever writes to the image waits
/// meanwhile. An image that was written to at random and cloned often has a hundred thousand extents: a second of waiting.
///
/// XFS passes over what both files share already (`xfs_reflink_remap_extent`). So the image is cloned before the freeze,
/// a piece at a time; the clone under the freeze is of the whole all the same, and so of one instant, but finds little to
/// do. A btrfs makes every extent anew, and would gain nothing.
extension PreparedClone {
    func approach(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        guard passesOverWhatIsShared else { return }
        var pace = Pace()
        var offset = image.window.offset / CloneFile.alignment * CloneFile.alignment
        while let start = dataStart(from: offset), start < image.window.end {
            try check()
            let watch = Stopwatch()
            let piece = ByteExtent(offset: start, byteCount: min(pace.byteCount, image.window.end - start))
            try ConsistencyError.wrapping { () throws(SystemError) in try clone.fill(from: source, piece) }
            let elapsed = watch.elapsed
            pace.adapt(to: elapsed)
            offset = piece.end
            // Writers have their turn.
            CurrentProcess.rest(for: elapsed / 2)
        }
        try ConsistencyError.wrapping { () throws(SystemError) in try flush() }
    }

    private var passesOverWhatIsShared: Bool { VolumeStack.filesystemType(holding: clone.path) == "xfs" }

    /// Where the next piece begins: nothing is to be cloned of a hole. nil: there is no more data.
    private func dataStart(from offset: Int) -> Int? {
        guard let start = (try? source.seekData(from: offset)) ?? nil else { return nil }
        return start / CloneFile.alignment * CloneFile.alignment
    }
}

/// How much is cloned at a time, so that nobody who writes waits for long.
private struct Pace {
    private(set) var byteCount = 4 << 20

    mutating func adapt(to elapsed: Duration) {
        if elapsed > Self.goal {
            byteCount = max(byteCount / 2, Self.limits.lowerBound)
        } else if elapsed < Self.goal / 2 {
            byteCount = min(byteCount * 2, Self.limits.upperBound)
        }
    }

    private static let goal = Duration.milliseconds(10)
    private static let limits = 256 << 10...16 << 20
}
