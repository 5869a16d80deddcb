package import SnapModel
package import SnapSystem
package import SystemPackage

package final class Engine: Sendable {
    package static func open(_ configuration: EngineConfiguration, creating: Bool = false) throws(EngineError) -> Engine { fatalError() }
    /// Blocks until the snapshot is completed (or throws). `onPending` is called once, with the pending record.
    package func create(_ request: CreateRequest, progress: TransferProgress, cancellation: CancellationFlag, onPending: (Snapshot) -> Void) throws(EngineError) -> Snapshot { fatalError() }
    /// All when `ids` is empty; unknown id throws snapshotNotFound. Newest first.
    package func snapshots(_ ids: [SnapshotID]) throws(EngineError) -> [Snapshot] { fatalError() }
    /// Throws dataDamaged only without keepGoing; with it, the outcome lists the damage.
    package func restore(_ request: RestoreRequest, progress: TransferProgress, cancellation: CancellationFlag) throws(EngineError) -> ImageOutcome { fatalError() }
    /// Reads everything; the outcome lists what is damaged or differs (does not throw for those).
    package func verify(_ id: SnapshotID, against volume: FilePath?, consistency: ConsistencyMethod, progress: TransferProgress, cancellation: CancellationFlag) throws(EngineError) -> ImageOutcome { fatalError() }
    package func difference(_ first: SnapshotID, _ second: SnapshotID) throws(EngineError) -> DifferenceOutcome { fatalError() }
    package static func rebuildCatalogue(_ configuration: EngineConfiguration, progress: TransferProgress) throws(EngineError) -> RebuildOutcome { fatalError() }
    package static func benchmark(volume: FilePath?, scratch: FilePath, report: (BenchmarkLine) -> Void) throws(EngineError) { fatalError() }
}
