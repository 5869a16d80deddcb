internal import SnapDevice
package import SnapModel
internal import SystemPackage

extension MethodChooser {
    /// Everything there is to tell of a volume.
    package func report(_ inspection: VolumeInspection, _ options: PointInTimeOptions) -> VolumeReport {
        let methods = assess(inspection, options)
        let automatic = methods.first { $0.verdict == .possible }?.method
        let (canReflink, reflinkDetail): (Bool?, String) =
            switch inspection.reflink {
            case nil: (nil, "")
            case .possible(let directory): (true, "clones would be in \(directory)")
            case .impossible(let reason): (false, reason)
            }
        return VolumeReport(
            stack: inspection.stack, byteCount: inspection.facts.byteCount, identity: inspection.facts.identity,
            isRootVolume: inspection.carriesRoot,
            filesystems: inspection.users.filesystems.map { filesystem in
                VolumeReport.Filesystem(
                    deviceName: filesystem.deviceName, type: filesystem.type,
                    mountPoints: filesystem.mountPoints.map(\.string), isReadOnly: filesystem.isReadOnly,
                    canBeFrozen: filesystem.freezePoint != nil)
            },
            otherUses: inspection.users.holders.map { "part of \($0)" }
                + inspection.users.loops.map { "shown by loop device \($0)" } + inspection.users.unquieted,
            canReflink: canReflink, reflinkDetail: reflinkDetail, methods: methods, automaticMethod: automatic,
            refusal: automatic == nil ? Refusal.ofAll(methods, inspection).description : nil)
    }
}
