package import SnapModel
internal import SnapStore

extension Engine {
    /// What differs between two images, told by their manifests: no data is read.
    package func difference(_ first: SnapshotID, _ second: SnapshotID) throws(EngineError) -> DifferenceOutcome {
        try whileReading([first, second]) { () throws(EngineError) in try differenceMarked(first, second) }
    }

    private func differenceMarked(
        _ first: SnapshotID, _ second: SnapshotID
    ) throws(EngineError) -> DifferenceOutcome {
        let (firstSnapshot, firstImage) = try completedSnapshot(first)
        let (secondSnapshot, secondImage) = try completedSnapshot(second)
        let (left, right) = (try manifest(firstImage), try manifest(secondImage))
        var changed: [ByteExtent] = []
        var blockCount = 0
        let end = max(left.root.volumeByteCount, right.root.volumeByteCount)
        try storing { () throws(StoreError) in
            try left.forEachDifference(to: right) { difference in
                let offset = difference.index.byteOffset
                blockCount += 1
                ByteExtent.append(
                    ByteExtent(offset: offset, byteCount: min(BlockGeometry.byteCount, end - offset)), to: &changed)
            }
        }
        return DifferenceOutcome(
            first: firstSnapshot, second: secondSnapshot, changed: changed, changedBlockCount: blockCount)
    }
}
