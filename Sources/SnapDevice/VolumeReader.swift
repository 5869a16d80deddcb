package import SnapModel
package import SnapSystem
internal import Synchronization
internal import SystemPackage

/// Reads a volume, past the page cache where that can be. Threads may share it.
///
/// It never writes, and never invents bytes: what cannot be read is an error that names the exact bytes. A file is not
/// mapped into memory, since one that is truncated meanwhile would end the process (SIGBUS) instead of a read.
package final class VolumeReader: Sendable {
    package let facts: VolumeFacts
    /// Of the volume, when it was opened.
    package let byteCount: Int
    package let logicalSectorByteCount: Int

    private let volume: OpenedVolume
    /// Where the volume begins in what was opened, in bytes.
    private let start: Int
    /// What O_DIRECT asks of offsets and counts. 0: it is refused.
    private let directAlignment: Atomic<Int>

    /// Opens what `facts` tells of; with `claiming`, claims it until `close`.
    ///
    /// A block device is claimed with O_EXCL: nobody can mount it or build on it. A file is leased (F_SETLEASE): nobody
    /// has it open for writing, and if somebody comes, `confirmUnchanged` will tell. Where there are no leases, the
    /// file's times have to do.
    ///
    /// `window`: the bytes of it that are the volume; nil: all. Offsets are those of the volume then.
    ///
    /// `watching`: without a claim, `confirmUnchanged` tells of what was written nevertheless.
    ///
    /// Throws `inUse`, `permissionDenied`, `emptyVolume`, `noSuchPath`, `notAVolume`, `shrank`, `systemFailure`.
    package init(
        opening facts: VolumeFacts, claiming: Bool, watching: Bool = false, window: ByteExtent? = nil
    ) throws(DeviceError) {
        volume = try OpenedVolume.open(facts, claims: claiming, watches: watching)
        self.facts = facts
        start = window?.offset ?? 0
        byteCount = window?.byteCount ?? volume.byteCount
        logicalSectorByteCount = volume.logicalSectorByteCount
        directAlignment = Atomic(volume.direct.alignment)
        if start + byteCount > volume.byteCount {
            throw .shrank(facts.path, from: start + byteCount, to: volume.byteCount)
        }
        if claiming, facts.kind == .regularFile { try refuseUsedFile() }
        if byteCount == 0 {
            throw DeviceError(.emptyVolume, facts.requestedPath, "is empty (0 bytes), so there is nothing to image")
        }
    }

    /// Reads the bytes at `offset` into `range` of `buffer`. What of `range` lies behind the end of the volume becomes
    /// zeros. From any thread; fastest where `offset` and `range` are multiples of 4,096.
    ///
    /// Throws `readFailed` with the bytes that are unreadable, `shrank`, `systemFailure`.
    package func read(
        into buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int
    ) throws(DeviceError) {
        precondition(offset >= 0 && offset <= byteCount, "a read at \(offset) of \(byteCount) bytes")
        let wanted = min(range.count, byteCount - offset)
        let bytes = buffer.pointers(range)
        let extent = ByteExtent(offset: offset, byteCount: wanted)
        do throws(SystemError) {
            let filled = try fill(UnsafeMutableRawBufferPointer(rebasing: bytes[..<wanted]), at: offset)
            if filled < wanted { throw SystemError("read", facts.path.string, .ioError) }
        } catch {
            throw try explain(error, extent)
        }
        buffer.clear((range.lowerBound + wanted)..<range.upperBound)
    }

    /// The next bytes at or after `offset` that may be other than zero; nil when none follow. What lies between is holes,
    /// which read as zeros: lseek(2), SEEK_DATA and SEEK_HOLE. A block device has no holes.
    ///
    /// Throws `shrank`, `systemFailure`.
    package func nextData(from offset: Int) throws(DeviceError) -> ByteExtent? {
        guard offset < byteCount else { return nil }
        let rest = ByteExtent(offset: offset, byteCount: byteCount - offset)
        guard facts.kind == .regularFile else { return rest }
        do throws(SystemError) {
            if let place = try volume.buffered.seekData(from: start + offset), place < start + byteCount {
                let end = min(try volume.buffered.seekHole(from: place), start + byteCount)
                return ByteExtent(offset: place - start, byteCount: end - place)
            }
        } catch {
            // Where holes cannot be asked for, all is data.
            if error.code == .invalidArgument || error.code == .notSupported { return rest }
            throw .failed(facts.path, error)
        }
        // A file that was cut off has no data there either.
        try throwIfShrunk()
        return nil
    }

    /// Once all is read: that nobody changed the volume meanwhile, as far as the kernel can tell. Nothing without a claim.
    ///
    /// Throws `changedWhileRead`, `systemFailure`.
    package func confirmUnchanged() throws(DeviceError) {
        guard let baseline = volume.baseline else { return }
        if baseline.hasLease, !volume.buffered.hasReadLease() {
            throw .changed(facts.path, "another process opened it for writing")
        }
        let current: Baseline
        do throws(SystemError) {
            current = try Baseline(of: facts, volume.buffered, hasLease: baseline.hasLease)
        } catch {
            throw .failed(facts.path, error)
        }
        if current != baseline { throw .changed(facts.path, "another process wrote to it") }
    }

    /// Ends the claim. Reads after this fail; nothing else does.
    package func close() {
        volume.direct.descriptor.letGo()
        volume.buffered.letGo()
    }

    /// Looked up after the lease was taken: a loop device that comes from now on breaks it.
    private func refuseUsedFile() throws(DeviceError) {
        let uses = facts.file.map { UseFinder().uses(ofFile: $0, at: facts.path) } ?? []
        if !uses.isEmpty { throw .inUse(facts.path, by: VolumeUse.phrase(uses, on: nil), writing: false) }
        if volume.isOpenForWriting { throw .openForWriting(facts.path, writing: false) }
    }

    // MARK: - Reading

    /// Fills `bytes` up to the end of the volume, directly as far as alignment allows. Returns how many bytes.
    private func fill(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        var filled = try fillDirectly(bytes, at: start + offset)
        while filled < bytes.count {
            let rest = UnsafeMutableRawBufferPointer(rebasing: bytes[filled...])
            let count = try volume.buffered.read(into: rest, at: start + offset + filled)
            if count == 0 { break }
            filled += count
        }
        return filled
    }

    /// `offset`: in what was opened.
    private func fillDirectly(_ bytes: UnsafeMutableRawBufferPointer, at offset: Int) throws(SystemError) -> Int {
        let alignment = directAlignment.load(ordering: .relaxed)
        guard alignment > 0, offset % alignment == 0, Int(bitPattern: bytes.baseAddress) % alignment == 0 else {
            return 0
        }
        let whole = bytes.count / alignment * alignment
        guard whole > 0 else { return 0 }
        do throws(SystemError) {
            return try volume.direct.descriptor.read(
                into: UnsafeMutableRawBufferPointer(rebasing: bytes[..<whole]), at: offset)
        } catch {
            // Some filesystems accept O_DIRECT when opening and refuse it when reading.
            guard error.code == .invalidArgument, facts.kind == .regularFile else { throw error }
            directAlignment.store(0, ordering: .relaxed)
            return 0
        }
    }

    // MARK: - Failing

    /// The error that a failed read of `extent` means.
    private func explain(_ cause: SystemError, _ extent: ByteExtent) throws(DeviceError) -> DeviceError {
        try throwIfShrunk()
        guard Self.mediumErrors.contains(cause.code) else { return .failed(facts.path, cause) }
        let alignment = directAlignment.load(ordering: .relaxed)
        let search = DamageSearch(sectorByteCount: max(alignment, smallestSectorByteCount), byteCount: byteCount)
        guard let scratch = try? AlignedBuffer(byteCount: max(search.stepByteCount, extent.byteCount)) else {
            return .unreadable(facts.path, [extent], isComplete: false, cause)
        }
        let findings = search.search(extent) { part in
            (try? fill(scratch.pointers(0..<part.byteCount), at: part.offset)) == part.byteCount
        }
        // Readable at the second try: told all the same, since nobody filled the reader's buffer.
        let extents = findings.extents.isEmpty ? [extent] : findings.extents
        return .unreadable(facts.path, extents, isComplete: findings.isComplete, cause)
    }

    /// How many bytes the volume has by now. Throws `systemFailure`.
    package func currentByteCount() throws(DeviceError) -> Int {
        do throws(SystemError) {
            switch facts.kind {
            case .blockDevice: return try volume.buffered.blockDeviceByteCount()
            case .regularFile: return try volume.buffered.status().byteCount
            }
        } catch {
            throw .failed(facts.path, error)
        }
    }

    private func throwIfShrunk() throws(DeviceError) {
        let current = try currentByteCount()
        if current < start + byteCount { throw .shrank(facts.path, from: start + byteCount, to: current) }
    }

    /// How drivers and filesystems report bytes that they cannot get.
    private static let mediumErrors: Set<Errno> = [
        .ioError, .noData, .illegalByteSequence, .timedOut, .noLink, .badMessage,
        Errno(rawValue: remoteInputOutputError),
        Errno(rawValue: structureNeedsCleaning),
    ]
}

/// EREMOTEIO and EUCLEAN, which swift-system has no names for.
private let (remoteInputOutputError, structureNeedsCleaning): (CInt, CInt) = (121, 117)
