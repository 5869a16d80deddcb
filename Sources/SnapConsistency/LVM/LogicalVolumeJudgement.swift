internal import SnapModel

/// Whether LVM can make a snapshot of a logical volume now, and why not.
struct LogicalVolumeJudgement: Hashable, Sendable {
    /// The one method that such a volume can have; nil: none.
    var method: ConsistencyMethod?
    /// Why it is not possible, the rest of a sentence; nil: it is.
    var obstacle: String?
    /// What would make it possible.
    var remedy: String?
    /// What else there is to know: its reserve, or how full its pool is.
    var note = ""

    var isPossible: Bool { method != nil && obstacle == nil }

    /// `volumes`: all of its group.
    init(_ volume: LogicalVolume, among volumes: [LogicalVolume], _ options: PointInTimeOptions) {
        switch volume.kind {
        case .thin: method = .lvmThin
        case .thick: method = .lvm
        case .thickSnapshot: obstacle = "it is itself a snapshot, of which LVM makes none"
        case .thinPool: obstacle = "it is a thin pool; name one of its volumes"
        case .other(let word): obstacle = "LVM makes no snapshots of such a volume (\(word))"
        }
        guard obstacle == nil else { return }
        judgeState(volume)
        guard obstacle == nil else { return }
        if volume.kind == .thin { judgePool(volume, volumes) } else { judgeRoom(volume, options) }
    }

    private mutating func judgeState(_ volume: LogicalVolume) {
        let missing = LVMProgram.missing
        if !missing.isEmpty {
            obstacle = "\(missing.joined(separator: ", ")) cannot be found"
            remedy = "install lvm2 and dmsetup"
        } else if volume.isBusy {
            obstacle = "it is being merged, moved or converted"
            remedy = "wait until lvs shows that it is done"
        } else if !volume.isActive {
            obstacle = "it is not active"
            remedy = "activate it (lvchange --activate y \(volume.fullName))"
        }
    }

    private mutating func judgePool(_ volume: LogicalVolume, _ volumes: [LogicalVolume]) {
        guard let pool = volumes.first(where: { $0.name == volume.poolName }) else { return }
        obstacle = ThinPoolLimits.excess(pool)
        let (data, metadata) = (pool.usedFraction ?? 0, pool.usedMetadataFraction ?? 0)
        note =
            "pool \(pool.name) is \(ThinPoolLimits.percent(data)) full, its metadata \(ThinPoolLimits.percent(metadata))"
    }

    private mutating func judgeRoom(_ volume: LogicalVolume, _ options: PointInTimeOptions) {
        do throws(ConsistencyError) {
            let byteCount = try SnapshotReserve.of(volume).initialByteCount(
                asked: options.reserveByteCount, free: volume.groupFreeByteCount, group: volume.group)
            note = "with a reserve of \(byteCount >> 20) MiB in group \(volume.group)"
        } catch {
            obstacle = error.explanation
        }
    }
}
