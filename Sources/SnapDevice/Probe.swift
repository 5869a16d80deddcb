internal import CBlkid
internal import Glibc
internal import SnapSystem
internal import SystemPackage

/// A libblkid prober with one owner, and the device or file it reads. Reads only.
struct Probe: ~Copyable {
    private let probe: blkid_probe
    private let file: OwnedDescriptor

    /// blkid_probe_set_device(3). Without O_DIRECT, since libblkid reads at any offset.
    static func open(_ path: FilePath) throws(SystemError) -> Probe {
        let file = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking)
        guard let probe = blkid_new_probe() else { throw SystemError("probe", path.string, .noMemory) }
        let result = Probe(probe: probe, file: file)
        _ = try systemCall("probe", path) { blkid_probe_set_device(probe, result.file.rawValue, 0, 0) }
        return result
    }

    private init(probe: blkid_probe, file: consuming OwnedDescriptor) {
        self.probe = probe
        self.file = file
    }

    deinit { blkid_free_probe(probe) }

    enum Outcome { case found, nothing, ambivalent }

    /// blkid_do_safeprobe(3): superblocks and partition tables; only what cannot be two things at once is `found`.
    borrowing func recognise() throws(SystemError) -> Outcome {
        blkid_probe_enable_superblocks(probe, 1)
        blkid_probe_set_superblocks_flags(
            probe, CInt(BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_USAGE))
        blkid_probe_enable_partitions(probe, 1)
        errno = 0
        let probe = probe
        switch try systemCall("probe", file.path, { blkid_do_safeprobe(probe) }) {
        case 0: return .found
        case -2: return .ambivalent
        default: return .nothing
        }
    }

    /// blkid_probe_lookup_value(3), after `recognise`.
    borrowing func value(_ name: String) -> String? {
        var value: UnsafePointer<CChar>?
        guard blkid_probe_lookup_value(probe, name, &value, nil) == 0, let value else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The UUID of the partition that begins at `startByte`: blkid_probe_get_partitions(3).
    borrowing func partitionUUID(at startByte: Int) -> String? {
        blkid_probe_enable_partitions(probe, 1)
        guard let list = blkid_probe_get_partitions(probe) else { return nil }
        for index in 0..<blkid_partlist_numof_partitions(list) {
            guard let partition = blkid_partlist_get_partition(list, index),
                Int(blkid_partition_get_start(partition)) * partitionSectorByteCount == startByte
            else { continue }
            return blkid_partition_get_uuid(partition).map { String(cString: $0) }
        }
        return nil
    }
}

/// libblkid counts partitions in these, whatever the sector of the device is.
private let partitionSectorByteCount = 512
