internal import SnapModel
internal import SnapSystem
internal import Synchronization
internal import SystemPackage

/// Tells who reads which snapshot, so that nobody deletes it under them: a file for each that is read, locked (flock(2)) for
/// as long as it is. A lock ends with its process, so nothing is left to clear away but empty files.
struct ReadingMarks: Sendable {
    private let folder: FilePath

    init(root: FilePath) { folder = root.appending("reading") }

    /// Marks a snapshot as read. Any number may at once. nil where no file can be made, as on a full disk or a root that
    /// may only be read: then nobody deletes either. Waits while it is being deleted, and throws
    /// `resourceTemporarilyUnavailable` when it still is after `patience`.
    ///
    /// The snapshot is to be looked up after this, not before.
    func mark(_ snapshot: SnapshotID) throws(SystemError) -> ReadingMark? {
        do throws(SystemError) {
            let waited = Stopwatch()
            while waited.elapsed < Self.patience {
                if let mark = try acquire(snapshot, .shared) { return mark }
                CurrentProcess.rest(for: Self.interval)
            }
            throw SystemError("mark as read", snapshot.rawValue, .resourceTemporarilyUnavailable)
        } catch {
            switch error.code {
            case .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .permissionDenied: return nil
            default: throw error
            }
        }
    }

    /// Claims a snapshot for being deleted; nil while somebody reads it.
    func claim(_ snapshot: SnapshotID) throws(SystemError) -> ReadingMark? { try acquire(snapshot, .exclusive) }

    /// Those that somebody reads at this moment.
    func snapshots() throws(SystemError) -> [SnapshotID] {
        guard File.exists(folder) else { return [] }
        var read: [SnapshotID] = []
        for id in try Directory.names(in: folder).compactMap({ SnapshotID($0) }) {
            if let claim = try claim(id) { claim.release() } else { read.append(id) }
        }
        return read
    }

    /// Who reads a snapshot, in words; empty where that cannot be told.
    func readers(of snapshot: SnapshotID) -> [String] {
        Set(FileLock.holders(of: path(of: snapshot))).sorted().map { number in
            if number == ProcessIdentity.current.number { return "this process" }
            return "process \(number)" + (ProcessIdentity.words(for: number).map { " (\($0))" } ?? "")
        }
    }

    private func acquire(_ snapshot: SnapshotID, _ mode: FileLock.Mode) throws(SystemError) -> ReadingMark? {
        try Directory.create(folder)
        let path = path(of: snapshot)
        // Whoever was the last to let it go has removed it, perhaps after this one opened it.
        for _ in 0..<Self.attemptLimit {
            guard let lock = try FileLock.acquire(path, mode) else { return nil }
            if try lock.isOfItsName() { return ReadingMark(lock, path) }
        }
        return nil
    }

    private func path(of snapshot: SnapshotID) -> FilePath { folder.appending(snapshot.rawValue) }

    private static let attemptLimit = 100
    private static let patience = Duration.seconds(5)
    private static let interval = Duration.milliseconds(20)
}

/// Held by whoever reads a snapshot, or deletes it. Given back by `release`, or with the end of the object.
final class ReadingMark: Sendable {
    private let path: FilePath
    private let lock: Mutex<FileLock?>

    init(_ lock: consuming FileLock, _ path: FilePath) {
        self.path = path
        self.lock = Mutex(consume lock)
    }

    deinit { release() }

    /// The last to let it go removes the file.
    func release() {
        let wasHeld = lock.withLock { lock in
            guard lock != nil else { return false }
            lock = nil
            return true
        }
        guard wasHeld, let last = try? FileLock.acquire(existing: path, .exclusive) else { return }
        if (try? last.isOfItsName()) == true { try? File.remove(path) }
        _ = consume last
    }
}
