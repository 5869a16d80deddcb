internal import SnapDevice
internal import SnapModel
internal import SystemPackage

/// The words of a refusal: one line, with what would help first.
enum Refusal {
    /// Of a method that was asked for by name.
    static func of(
        _ assessment: MethodAssessment, _ inspection: VolumeInspection, needsConsent: Bool
    ) -> ConsistencyError {
        let path = inspection.facts.requestedPath
        if needsConsent, assessment.verdict != .impossible { return ofRoot(path.string) }
        let remedy = assessment.remedy.map { "; \($0), or leave the choice to --consistency auto" } ?? ""
        let isRootFreeze = inspection.carriesRoot && assessment.method == .freeze
        return ConsistencyError(
            isRootFreeze ? .rootVolume : code(of: assessment.method, inspection),
            "\(path) cannot be imaged by \(assessment.method.rawValue): \(assessment.reason)"
                + (isRootFreeze ? "; \(stopFirst)" : remedy))
    }

    /// Of `auto`.
    static func ofAll(_ assessments: [MethodAssessment], _ inspection: VolumeInspection) -> ConsistencyError {
        let path = inspection.facts.requestedPath.string
        if inspection.carriesRoot, assessments.contains(where: { $0.remedy?.contains(consent) == true }) {
            return ofRoot(path)
        }
        // What is simplest to do is simplest to say: to end its use, then to move it, then to wait.
        let order: [ConsistencyMethod] = [.exclusive, .lvm, .lvmThin, .clone, .live, .freeze]
        let sorted = order.compactMap { method in assessments.first { $0.method == method } }
        var remedies: [String] = []
        for remedy in sorted.compactMap(\.remedy) where !remedies.contains(remedy) { remedies.append(remedy) }
        // That it is no logical volume is said once.
        let distinct = sorted.filter {
            $0.method != .lvmThin || $0.reason != sorted.first { $0.method == .lvm }?.reason
        }
        let reasons = distinct.map { "\($0.method.rawValue): \($0.reason)" }.joined(separator: "; ")
        let advice = inspection.carriesRoot ? stopFirst : remedies.joined(separator: ", or ")
        return ConsistencyError(
            inspection.carriesRoot ? .rootVolume : code(of: .exclusive, inspection),
            "no point in time can be made of \(path) as it is; \(advice) (\(reasons))")
    }

    /// Whoever could claim it could image it.
    private static func code(of method: ConsistencyMethod, _ inspection: VolumeInspection) -> ConsistencyError.Code {
        method == .exclusive && !inspection.usersInWords.isEmpty ? .inUse : .notPossible
    }

    private static func ofRoot(_ path: String) -> ConsistencyError {
        ConsistencyError(
            .rootVolume,
            "\(path) carries the running system; \(stopFirst), or consent to imaging it as it runs with \(consent)")
    }

    /// EBS's: "To create a snapshot for EBS volumes that serve as root devices, you should stop the instance before".
    private static let stopFirst = "as with EBS, stop the machine first and image the disk from another"
    private static let consent = MethodChooser.rootConsent
}
