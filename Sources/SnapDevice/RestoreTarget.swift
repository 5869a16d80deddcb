package import SnapModel
package import SnapSystem
internal import Synchronization
package import SystemPackage

/// The block device or file that a snapshot is restored to.
///
/// A device is claimed from `open` to `commit`. A file is written under a temporary name beside the final one, which it gets
/// by `commit`; without that, it is removed. A target that failed once stays failed.
package final class RestoreTarget: Sendable {
    /// Resolved.
    package let path: FilePath
    package let kind: VolumeFacts.Kind
    /// How many bytes are restored. A device may be bigger: its further bytes stay as they are.
    package let imageByteCount: Int

    private let output: TargetOutput
    private let directAlignment: Atomic<Int>
    private let failure = FirstFailure<DeviceError>()
    private let isOver = Mutex(false)

    /// Checks everything, changing nothing, and only then opens `path`.
    ///
    /// `force`: overwrite what is recognised there (a filesystem, a partition table …) or a file with contents. Never over
    /// what is in use, too small, or carries one of `storePaths`.
    ///
    /// Throws `isDirectory`, `notAVolume`, `noSuchPath`, `permissionDenied`, `readOnly`, `tooSmall`, `inUse`, `carriesStore`,
    /// `hasSignature`, `targetExists`, `noSpace`, `systemFailure`.
    package static func open(
        _ path: FilePath, imageByteCount: Int, force: Bool, protecting storePaths: [FilePath]
    ) throws(DeviceError) -> RestoreTarget {
        let request = TargetRequest(
            path: path, imageByteCount: imageByteCount, force: force, protected: storePaths)
        return RestoreTarget(request, try request.open())
    }

    private init(_ request: TargetRequest, _ output: consuming TargetOutput) {
        path = output.finalPath
        kind = output.kind
        imageByteCount = request.imageByteCount
        directAlignment = Atomic(output.direct.alignment)
        self.output = output
    }

    deinit { abandon() }

    /// Writes `range` of `buffer` at `offset`. From any thread, to ranges that do not overlap; fastest where all are
    /// multiples of 4,096, as all but the end of an image should be.
    ///
    /// Throws `noSpace`, `writeFailed`, `readOnly`.
    package func write(
        _ buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int
    ) throws(DeviceError) {
        precondition(offset >= 0 && offset + range.count <= imageByteCount, "a write behind the image")
        let bytes = UnsafeRawBufferPointer(buffer.pointers(range))
        try attempt { () throws(SystemError) in try put(bytes, at: offset) }
    }

    /// Makes the bytes of `extent` zero. On a device they are written; a file was made of one hole.
    ///
    /// Throws as `write`.
    package func writeZeros(_ extent: ByteExtent) throws(DeviceError) {
        precondition(extent.end <= imageByteCount, "zeros behind the image")
        guard kind == .blockDevice else { return }
        try attempt { () throws(SystemError) in try zero(extent) }
    }

    /// Makes all of it durable, gives a file its name, and ends the claim.
    ///
    /// Throws the first failure there was, or what writing throws, or `targetExists` for a file that came meanwhile.
    package func commit() throws(DeviceError) {
        try failure.rethrow()
        do throws(DeviceError) {
            try output.commit()
        } catch {
            failure.record(error)
            throw error
        }
        isOver.withLock { $0 = true }
        output.letGo()
    }

    /// Ends the claim; removes an unfinished file. What was written to a device stays there. Also by the end of the object.
    package func abandon() {
        let wasOver = isOver.withLock { isOver in
            defer { isOver = true }
            return isOver
        }
        if wasOver { return }
        output.letGo()
        output.removeTemporary()
    }

    // MARK: - Writing

    private func attempt(_ body: () throws(SystemError) -> Void) throws(DeviceError) {
        try failure.rethrow()
        do throws(SystemError) {
            try body()
        } catch {
            let error = DeviceError.writing(path, error)
            failure.record(error)
            throw error
        }
    }

    private func put(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) {
        let written = try putDirectly(bytes, at: offset)
        // The page cache is coherent with O_DIRECT, which writes back and drops the pages that it covers.
        if written < bytes.count {
            try output.buffered.write(UnsafeRawBufferPointer(rebasing: bytes[written...]), at: offset + written)
        }
    }

    private func putDirectly(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        let alignment = directAlignment.load(ordering: .relaxed)
        guard alignment > 0, offset % alignment == 0, Int(bitPattern: bytes.baseAddress) % alignment == 0 else {
            return 0
        }
        let whole = bytes.count / alignment * alignment
        guard whole > 0 else { return 0 }
        do throws(SystemError) {
            try output.direct.descriptor.write(UnsafeRawBufferPointer(rebasing: bytes[..<whole]), at: offset)
            return whole
        } catch {
            // Some filesystems accept O_DIRECT when opening and refuse it when writing.
            guard error.code == .invalidArgument, kind == .regularFile else { throw error }
            directAlignment.store(0, ordering: .relaxed)
            return 0
        }
    }

    private func zero(_ extent: ByteExtent) throws(SystemError) {
        let sector = directAlignment.load(ordering: .relaxed)
        let first = min((extent.offset + sector - 1) / sector * sector, extent.end)
        let last = max(extent.end / sector * sector, first)
        try putZeros(ByteExtent(offset: extent.offset, byteCount: first - extent.offset))
        var offset = first
        while offset < last {
            let step = ByteExtent(offset: offset, byteCount: min(zeroStepByteCount, last - offset))
            try zeroOut(step)
            offset = step.end
        }
        try putZeros(ByteExtent(offset: last, byteCount: extent.end - last))
    }

    /// BLKZEROOUT, which discards no block unless the device then reads zeros.
    private func zeroOut(_ extent: ByteExtent) throws(SystemError) {
        do throws(SystemError) {
            try output.direct.descriptor.zeroOut(offset: extent.offset, byteCount: extent.byteCount)
        } catch {
            guard [.notSupported, .invalidArgument, .inappropriateIOCTLForDevice].contains(error.code) else {
                throw error
            }
            try putZeros(extent)
        }
    }

    private func putZeros(_ extent: ByteExtent) throws(SystemError) {
        var offset = extent.offset
        while offset < extent.end {
            let count = min(output.zeros.byteCount, extent.end - offset)
            try put(UnsafeRawBufferPointer(output.zeros.pointers(0..<count)), at: offset)
            offset += count
        }
    }
}

/// How much is zeroed by one call, so that an interrupted restore ends soon.
private let zeroStepByteCount = 64 << 20
