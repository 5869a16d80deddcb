internal import SnapDevice
internal import SnapModel
internal import SystemPackage

/// The methods that need nothing but the kernel: `clone`, `exclusive`, `freeze`, `none`; and why a volume that is none of
/// LVM's has no methods of LVM.
struct VolumeMethods: MethodSource {
    func assess(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> MethodAssessment? {
        switch method {
        case .clone: clone(inspection)
        case .lvmThin, .lvm:
            inspection.logicalVolume == nil
                ? .impossible(method, "it is no logical volume", remedy: Remedy.moveToLVM) : nil
        case .exclusive: exclusive(inspection)
        case .freeze: freeze(inspection, options)
        case .live: nil
        case .none: .onRequest(.none, .none, "the image is of no point in time, and its record says so for ever")
        }
    }

    func make(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod {
        switch method {
        case .clone: return try CloneMethod(inspection)
        case .exclusive: return ExclusiveMethod(inspection)
        case .freeze: return FreezeMethod(inspection)
        case .none: return NoMethod(inspection)
        case .lvmThin, .lvm, .live: preconditionFailure("\(method) is not made here")
        }
    }

    // MARK: - Each method

    private func clone(_ inspection: VolumeInspection) -> MethodAssessment {
        switch inspection.reflink {
        case nil: return .impossible(.clone, "it is neither an image file nor a loop device over one")
        case .impossible(let reason): return .impossible(.clone, reason, remedy: Remedy.moveToReflinks)
        case .possible(let directory):
            if let user = inspection.users.unquieted.first { return .possible(.clone, .crash, user) }
            return .possible(.clone, .filesystem, "its clone would be in \(directory)")
        }
    }

    private func exclusive(_ inspection: VolumeInspection) -> MethodAssessment {
        let words = inspection.usersInWords
        guard words.isEmpty else {
            return .impossible(.exclusive, words, remedy: Remedy.ending(inspection))
        }
        return .possible(.exclusive, .filesystem, "it cannot be mounted until it is read")
    }

    private func freeze(_ inspection: VolumeInspection, _ options: PointInTimeOptions) -> MethodAssessment {
        if inspection.carriesRoot {
            return .impossible(.freeze, "it carries / of the running system, which would stand still")
        }
        if let user = inspection.users.unquieted.first {
            return .impossible(.freeze, user, remedy: Remedy.ending(inspection))
        }
        guard !inspection.freezeTargets.isEmpty else {
            return .impossible(.freeze, "nothing is mounted from it that could be frozen")
        }
        if options.method == .freeze { return .possible(.freeze, .filesystem) }
        return judgeDuration(inspection, options)
    }

    /// `auto` freezes only what can probably be read in time. Who asks by name has the deadline as protection.
    private func judgeDuration(_ inspection: VolumeInspection, _ options: PointInTimeOptions) -> MethodAssessment {
        do throws(DeviceError) {
            let estimate = try ReadSpeed.estimate(inspection.facts)
            let words =
                "its filesystems would stand still for about \(Self.seconds(estimate.seconds)), at "
                + "\(Int(estimate.bytesPerSecond) >> 20) MiB/s"
            let limit = options.maxFreeze / .seconds(1)
            if estimate.seconds <= limit { return .possible(.freeze, .filesystem, words) }
            return .onRequest(
                .freeze, .filesystem, "\(words), longer than the \(Self.seconds(limit)) of --max-freeze",
                remedy: "use --consistency freeze --max-freeze \(Int((estimate.seconds * Self.margin).rounded(.up)))s")
        } catch {
            return .impossible(.freeze, error.description)
        }
    }

    private static func seconds(_ value: Double) -> String {
        value < 10 ? "\((value * 10).rounded(.up) / 10) s" : "\(Int(value.rounded(.up))) s"
    }

    /// What is proposed is so much longer than what was estimated.
    private static let margin = 1.5
}
