internal import SnapModel
internal import SnapSystem
internal import SystemPackage

extension Engine {
    /// Runs `body` while nobody can delete these snapshots, which are to be looked up in it. Throws `snapshotInUse` while
    /// one is being deleted.
    func whileReading<Result>(
        _ snapshots: [SnapshotID], _ body: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        var held: [ReadingMark] = []
        defer { for mark in held { mark.release() } }
        do throws(SystemError) {
            for snapshot in Set(snapshots).sorted() {
                if let mark = try marks.mark(snapshot) { held.append(mark) }
            }
        } catch {
            guard error.code == .resourceTemporarilyUnavailable else { throw EngineError(error) }
            throw EngineError(.snapshotInUse, "The snapshot \(error.subject) is being deleted at this moment")
        }
        return try body()
    }

    /// The snapshots that somebody reads at this moment: their chunks are needed also when they are deleted.
    func snapshotsBeingRead() throws(EngineError) -> [SnapshotID] {
        do throws(SystemError) { return try marks.snapshots() } catch { throw EngineError(error) }
    }

    /// Runs `body` while nobody can begin to read a snapshot. Throws `snapshotInUse` when somebody reads it.
    func unread<Result>(
        _ snapshot: SnapshotID, _ body: () throws(EngineError) -> Result
    ) throws(EngineError) -> Result {
        let claim: ReadingMark?
        do throws(SystemError) { claim = try marks.claim(snapshot) } catch { throw EngineError(error) }
        guard let claim else {
            let readers = marks.readers(of: snapshot)
            let words = readers.isEmpty ? "another process" : readers.joined(separator: ", ")
            throw EngineError(
                .snapshotInUse, "The snapshot \(snapshot) is currently in use by \(words); wait until it is read")
        }
        defer { claim.release() }
        return try body()
    }
}
