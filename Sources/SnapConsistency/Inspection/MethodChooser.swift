internal import SnapDevice
package import SnapModel

/// Chooses how the point in time of a volume is made, or refuses and says what would make one possible.
package struct MethodChooser: Sendable {
    private let sources: [any MethodSource]

    /// `others`: those who know the methods of logical volumes.
    package init(_ others: [any MethodSource] = []) { sources = [VolumeMethods(), LiveMethods()] + others }

    /// The best for the user first. A logical volume that nobody uses is rather claimed than given a reserve; one in use
    /// cannot be claimed. `none` is never taken without being asked for.
    private static let automaticOrder: [ConsistencyMethod] = [.clone, .lvmThin, .exclusive, .lvm, .live, .freeze]

    /// What messages tell the user to add, to consent to imaging the volume of the running system.
    package static let rootConsent = "--allow-root-volume"

    /// Throws `notPossible`, `rootVolume`, and what making the method throws.
    package func choose(
        _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod {
        if let method = options.method {
            return try make(assess(method, inspection, options), inspection, options)
        }
        for method in Self.automaticOrder {
            let assessment = assess(method, inspection, options)
            if assessment.verdict == .possible { return try make(assessment, inspection, options) }
        }
        throw Refusal.ofAll(assess(inspection, options), inspection)
    }

    /// All methods, in the order in which `auto` prefers them.
    package func assess(_ inspection: VolumeInspection, _ options: PointInTimeOptions) -> [MethodAssessment] {
        (Self.automaticOrder + [.none]).map { assess($0, inspection, options) }
    }

    private func assess(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> MethodAssessment {
        let found = source(of: method, inspection, options)?.assessment
        guard let assessment = found else { return .impossible(method, "nothing here can make it of such a volume") }
        guard inspection.carriesRoot, !options.allowsRootVolume, assessment.verdict == .possible else {
            return assessment
        }
        // Only what fixes the bytes in an instant comes here: what is mounted cannot be claimed, and / is not frozen.
        return .onRequest(
            method, assessment.level ?? .none, "it carries / of the running system, so this takes consent",
            remedy: "consent with \(Self.rootConsent)")
    }

    private func make(
        _ assessment: MethodAssessment, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod {
        let method = assessment.method
        let needsConsent = inspection.carriesRoot && !options.allowsRootVolume && method != .none
        if assessment.verdict == .impossible || needsConsent {
            throw Refusal.of(assessment, inspection, needsConsent: needsConsent)
        }
        guard let source = source(of: method, inspection, options)?.source else {
            preconditionFailure("\(method) was assessed by nobody")
        }
        return try source.make(method, inspection, options)
    }

    private func source(
        of method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> (source: any MethodSource, assessment: MethodAssessment)? {
        for source in sources {
            if let assessment = source.assess(method, inspection, options) { return (source, assessment) }
        }
        return nil
    }
}
