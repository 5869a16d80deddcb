internal import SnapCodec
internal import SnapDevice
package import SnapModel
internal import SnapStore
package import SnapSystem
internal import Synchronization
package import SystemPackage

extension Engine {
    /// Reads every byte of an image, and makes every check. The outcome lists what is damaged, and with `volume` where
    /// that differs from the image; neither is thrown.
    package func verify(
        _ id: SnapshotID, against volume: FilePath?, consistency: ConsistencyMethod, progress: TransferProgress,
        cancellation: CancellationFlag
    ) throws(EngineError) -> ImageOutcome {
        try whileReading([id]) { () throws(EngineError) in
            try verifyMarked(id, volume, consistency, progress, cancellation)
        }
    }

    private func verifyMarked(
        _ id: SnapshotID, _ volume: FilePath?, _ consistency: ConsistencyMethod, _ progress: TransferProgress,
        _ cancellation: CancellationFlag
    ) throws(EngineError) -> ImageOutcome {
        let (snapshot, image) = try completedSnapshot(id)
        let manifest = try manifest(image)
        let comparer = try volume.map { (path) throws(EngineError) in
            try VolumeComparer(path, consistency: consistency, imageByteCount: manifest.root.volumeByteCount)
        }
        defer { comparer?.close() }
        let reader = ImageReader(
            manifest, engine: self, consumer: comparer ?? NullConsumer(), keepGoing: true, progress: progress,
            cancellation: cancellation)
        var outcome = try reader.run(snapshot, workerCount: imageWorkerCount)
        try comparer?.confirm()
        outcome.differing = comparer?.differing ?? []
        return outcome
    }
}

/// Compares an image with a volume, byte by byte.
private final class VolumeComparer: ImageConsumer {
    /// Differences are told in units of this, the sector of most disks.
    private static let unitByteCount = 4_096
    /// How much of the volume is read at once where the image has zeros.
    private static let zerosByteCount = 2 << 20

    private let reader: VolumeReader
    private let imageByteCount: Int
    private let buffers: BufferPool
    private let found = Mutex<[ByteExtent]>([])

    init(_ path: FilePath, consistency: ConsistencyMethod, imageByteCount: Int) throws(EngineError) {
        self.imageByteCount = imageByteCount
        reader = try reading { () throws(DeviceError) in
            try VolumeReader(opening: try VolumeFacts.inspect(path), claiming: consistency == .exclusive)
        }
        buffers = try .forEngine(bufferByteCount: Self.zerosByteCount, bufferCount: 4)
    }

    /// What differs; where one is longer than the other, also that.
    var differing: [ByteExtent] {
        let (shorter, longer) = (min(imageByteCount, reader.byteCount), max(imageByteCount, reader.byteCount))
        let excess = ByteExtent(offset: shorter, byteCount: longer - shorter)
        return ImageReader.joined(found.withLock { $0 } + [excess])
    }

    func confirm() throws(EngineError) {
        try reading { () throws(DeviceError) in try reader.confirmUnchanged() }
    }

    func close() { reader.close() }

    func consume(_ index: BlockIndex, _ buffer: borrowing AlignedBuffer, _ range: Range<Int>) throws(EngineError) {
        let extent = ByteExtent(offset: index.byteOffset, byteCount: range.count)
        let held = buffers.lease()
        let byteCount = try read(extent, into: held)
        if ByteComparison.areEqual(buffer, range.lowerBound..<range.lowerBound + byteCount, held, 0..<byteCount) {
            return
        }
        for start in stride(from: 0, to: byteCount, by: Self.unitByteCount) {
            let unit = start..<min(start + Self.unitByteCount, byteCount)
            let image = range.lowerBound + unit.lowerBound..<range.lowerBound + unit.upperBound
            if !ByteComparison.areEqual(buffer, image, held, unit) { note(extent.offset + start, unit.count) }
        }
    }

    func consumeZeros(_ extent: ByteExtent) throws(EngineError) {
        var position = extent.offset
        while position < min(extent.end, reader.byteCount) {
            let data = try reading { () throws(DeviceError) in try reader.nextData(from: position) }
            guard let data, data.offset < extent.end else { return }
            position = max(position, data.offset)
            let byteCount = min(Self.zerosByteCount, extent.end - position)
            try compareZeros(ByteExtent(offset: position, byteCount: byteCount))
            position += byteCount
        }
    }

    /// What the image has there is not known.
    func consumeDamage(_: ByteExtent) throws(EngineError) {}

    private func compareZeros(_ extent: ByteExtent) throws(EngineError) {
        let held = buffers.lease()
        let byteCount = try read(extent, into: held)
        for start in stride(from: 0, to: byteCount, by: Self.unitByteCount) {
            let unit = start..<min(start + Self.unitByteCount, byteCount)
            if !ZeroTest.isZero(held, range: unit) { note(extent.offset + start, unit.count) }
        }
    }

    /// Reads what the volume has of `extent`; it may be shorter than the image. Returns how many bytes.
    private func read(_ extent: ByteExtent, into held: borrowing AlignedBuffer) throws(EngineError) -> Int {
        let byteCount = min(extent.end, reader.byteCount) - extent.offset
        guard byteCount > 0 else { return 0 }
        do throws(DeviceError) {
            try reader.read(into: held, range: 0..<byteCount, at: extent.offset)
        } catch {
            throw EngineError(error)
        }
        return byteCount
    }

    private func note(_ offset: Int, _ byteCount: Int) {
        found.withLock { ByteExtent.append(ByteExtent(offset: offset, byteCount: byteCount), to: &$0) }
    }
}
