internal import SnapSystem
internal import SystemPackage

/// A volume that was just opened for reading, and claimed if asked for.
struct OpenedVolume: ~Copyable {
    /// Holds the claim on a block device.
    let direct: DirectFile
    let byteCount: Int
    let logicalSectorByteCount: Int
    /// How the volume was when its point in time began; nil where nothing is promised.
    let baseline: Baseline?
    /// Another process may write to the file, so that the claim failed.
    var isOpenForWriting = false
    /// For what is not aligned. Holds the lease on a file.
    let buffered: OwnedDescriptor

    /// As `VolumeReader.init`.
    static func open(_ facts: VolumeFacts, claims: Bool, watches: Bool) throws(DeviceError) -> OpenedVolume {
        switch facts.kind {
        case .blockDevice: return try open(device: facts, claims: claims, watches: watches)
        case .regularFile: return try open(file: facts, claims: claims, watches: watches)
        }
    }

    private static func open(
        device facts: VolumeFacts, claims: Bool, watches: Bool
    ) throws(DeviceError) -> OpenedVolume {
        if claims, !facts.uses.isEmpty {
            throw .inUse(facts.path, by: VolumeUse.phrase(facts.uses, on: facts.deviceName), writing: false)
        }
        do throws(SystemError) {
            let direct = try DirectFile.open(device: facts.path, .readOnly, options: claims ? .exclusive : [])
            let buffered = try OwnedDescriptor(opening: facts.path, .readOnly)
            guard try buffered.status().device == facts.device else {
                throw SystemError("find", facts.path.string, .noSuchFileOrDirectory)
            }
            try flush(buffered, facts)
            let baseline = claims || watches ? try Baseline(of: facts, buffered, hasLease: false) : nil
            let (byteCount, sectorByteCount) = (try buffered.blockDeviceByteCount(), direct.alignment)
            return OpenedVolume(
                direct: direct, byteCount: byteCount, logicalSectorByteCount: sectorByteCount, baseline: baseline,
                buffered: buffered)
        } catch {
            if error.code == .resourceBusy { throw .claimed(facts, writing: false, error) }
            throw .opening(facts.path, error)
        }
    }

    private static func open(
        file facts: VolumeFacts, claims: Bool, watches: Bool
    ) throws(DeviceError) -> OpenedVolume {
        do throws(SystemError) {
            let buffered = try OwnedDescriptor(opening: facts.path, .readOnly, options: .nonBlocking)
            let lease = claims ? try buffered.takeReadLease() : .unsupported
            let status = try buffered.status()
            guard status.kind == .regularFile, FileNumber(status) == facts.file else {
                throw SystemError("find", facts.path.string, .noSuchFileOrDirectory)
            }
            let direct = try DirectFile.open(file: facts.path, .readOnly, options: .nonBlocking)
            if direct.alignment == 0 { buffered.expectSequentialReads() }
            let baseline = claims || watches ? try Baseline(of: facts, buffered, hasLease: lease == .taken) : nil
            return OpenedVolume(
                direct: direct, byteCount: status.byteCount, logicalSectorByteCount: smallestSectorByteCount,
                baseline: baseline, isOpenForWriting: lease == .refused, buffered: buffered)
        } catch {
            throw .opening(facts.path, error)
        }
    }

    /// What somebody wrote through the page cache must be on the medium before it is read past the cache: fsync(2).
    /// A disk and its partitions have caches of their own, so theirs are flushed too. BLKFLSBUF would do no more than
    /// drop clean pages besides, which O_DIRECT does not look at.
    private static func flush(_ device: borrowing OwnedDescriptor, _ facts: VolumeFacts) throws(SystemError) {
        try device.synchronise()
        for relative in facts.relatives().dropFirst() {
            try? OwnedDescriptor(opening: relative, .readOnly).synchronise()
        }
    }
}
