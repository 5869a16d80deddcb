internal import SnapDevice
package import SnapModel

extension LogicalVolumeMethods: MethodSource {
    package func assess(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> MethodAssessment? {
        guard method == .lvmThin || method == .lvm, inspection.logicalVolume != nil else { return nil }
        do throws(ConsistencyError) {
            let (volume, volumes) = try Self.find(inspection)
            let judgement = LogicalVolumeJudgement(volume, among: volumes, options)
            if let obstacle = judgement.obstacle {
                return .impossible(method, obstacle, remedy: judgement.remedy)
            }
            guard judgement.method == method else {
                let words = method == .lvm ? "it is a thin volume, whose pool has the room" : "it is in no thin pool"
                return .impossible(method, words)
            }
            let words = inspection.users.unquieted.first.map { "\($0); \(judgement.note)" } ?? judgement.note
            return .possible(method, inspection.isQuietable ? .filesystem : .crash, words)
        } catch {
            return .impossible(method, error.explanation)
        }
    }

    package func make(
        _: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod {
        LogicalVolumeMethod(inspection, try Self.find(inspection).volume, options)
    }

    /// Why the volume cannot be in a set, whose volumes all stand still together; nil: it can.
    package static func obstacleInSet(_ inspection: VolumeInspection) -> String? {
        guard inspection.logicalVolume != nil, !NestedFreeze.isPossible else { return nil }
        let frozenTwice = inspection.users.filesystems.contains { $0.freezePoint != nil && $0.height == 0 }
        guard frozenTwice else { return nil }
        return
            "this kernel lets LVM make no snapshot of \(inspection.facts.path) while its filesystem is frozen together "
            + "with those of the other volumes; \(NestedFreeze.remedy)"
    }

    /// The volume, and all of its group.
    private static func find(
        _ inspection: VolumeInspection
    ) throws(ConsistencyError) -> (volume: LogicalVolume, all: [LogicalVolume]) {
        let volumes = try LogicalVolume.all(in: inspection.logicalVolume?.group)
        guard let volume = volumes.first(where: { $0.device != nil && $0.device == inspection.facts.device }) else {
            throw ConsistencyError(.notPossible, "lvs knows no logical volume that is \(inspection.facts.path)")
        }
        return (volume, volumes)
    }
}
