package import SnapModel

/// Knows some of the methods: judges whether they are possible, and makes them. `MethodChooser` asks it.
package protocol MethodSource: Sendable {
    /// nil: this source does not know the method, or has nothing to say about such a volume.
    func assess(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) -> MethodAssessment?

    /// Only for a method that it assessed as something else than impossible.
    func make(
        _ method: ConsistencyMethod, _ inspection: VolumeInspection, _ options: PointInTimeOptions
    ) throws(ConsistencyError) -> any PointInTimeMethod
}
