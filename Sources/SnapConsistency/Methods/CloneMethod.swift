package import SnapDevice
package import SnapModel
internal import SnapSystem
internal import Synchronization
package import SystemPackage

/// `clone`: the filesystem of the image file clones it in an instant, and the clone is read.
package final class CloneMethod: PointInTimeMethod {
    package let method = ConsistencyMethod.clone
    package let facts: VolumeFacts
    package let level: ConsistencyLevel
    package let holdsFreeze = false

    private let inspection: VolumeInspection
    private let image: ImageFile
    private let path: FilePath
    private let directory: FilePath
    private let prepared = Mutex<PreparedClone?>(nil)

    /// Throws `notPossible` where the image file cannot be cloned.
    package init(_ inspection: VolumeInspection) throws(ConsistencyError) {
        guard let image = inspection.image, let path = image.path,
            case .possible(let directory) = inspection.reflink
        else { throw ConsistencyError(.notPossible, "\(inspection.facts.requestedPath) cannot be cloned") }
        self.inspection = inspection
        self.image = image
        self.path = path
        self.directory = directory
        facts = inspection.facts
        level = inspection.isQuietable ? .filesystem : .crash
    }

    package func targets(isInSet _: Bool) -> [FreezeTarget] { inspection.freezeTargets }

    /// Makes the empty clone, and has what is dirty written: what is left of that for `take` is what changed since.
    package func prepare() throws(ConsistencyError) {
        _ = Self.clearLeftovers(in: directory, except: [])
        let new = try PreparedClone(image, at: path, in: directory, devices: inspection.users.devices)
        do throws(ConsistencyError) {
            try new.checkRoom()
            try ConsistencyError.wrapping { () throws(SystemError) in try new.flush() }
        } catch {
            new.clone.remove()
            throw error
        }
        prepared.withLock { $0 = new }
    }

    package var needs: [FrozenNeed] { [FrozenNeed("the clone of \(path)", directory)] }

    package var plannedLease: PointInTimeLease? {
        prepared.withLock { prepared in
            prepared.map { prepared in
                .clone(
                    path: prepared.clone.path.string, inode: prepared.clone.inode, offset: image.window.offset,
                    byteCount: image.window.byteCount)
            }
        }
    }

    package func approach(_ check: () throws(ConsistencyError) -> Void) throws(ConsistencyError) {
        guard let prepared = prepared.withLock({ $0 }) else { preconditionFailure("approach before prepare") }
        try prepared.approach(check)
    }

    package func take() throws(ConsistencyError) -> any PointInTime {
        guard let prepared = prepared.withLock({ $0 }) else { preconditionFailure("take before prepare") }
        try ConsistencyError.wrapping { () throws(SystemError) in try prepared.fill() }
        let taken = try ClonePointInTime(prepared.clone, prepared.facts, image.window)
        // What was taken is no longer ours to abandon.
        self.prepared.withLock { $0 = nil }
        return taken
    }

    package func abandon() {
        let given = prepared.withLock { prepared in
            defer { prepared = nil }
            return prepared
        }
        given?.clone.remove()
    }
}

extension CloneMethod {
    /// Goes on with what another process took. Throws `pointInTimeLost` when it is not there any more, was changed, or was
    /// not durable when the machine went down.
    package static func reopen(_ lease: PointInTimeLease) throws(ConsistencyError) -> any PointInTime {
        guard case .clone(let text, let inode, let offset, let byteCount, let contentsChanged) = lease else {
            preconditionFailure("\(lease) is no clone")
        }
        let window = ByteExtent(offset: offset, byteCount: byteCount)
        let file: CloneFile
        do throws(SystemError) {
            file = try CloneFile.open(FilePath(text))
            let status = try file.status()
            guard file.inode == inode, status.byteCount >= window.end, status.contentsChanged == contentsChanged,
                try file.isWhole()
            else {
                throw SystemError("find", text, .noSuchFileOrDirectory)
            }
        } catch {
            throw ConsistencyError(.pointInTimeLost, "the clone of the volume's image is lost: \(error)")
        }
        let facts = try ConsistencyError.wrapping { () throws(DeviceError) in try VolumeFacts.inspect(file.path) }
        return try ClonePointInTime(file, facts, window)
    }

    static func isThere(_ lease: PointInTimeLease) -> Bool {
        guard case .clone(let text, let inode, _, _, _) = lease else { return false }
        let path = FilePath(text)
        // Its filesystem may not be mounted yet.
        guard File.exists(path.removingLastComponent()) else { return true }
        return (try? FileStatus(ofLink: path))?.inode == inode
    }

    /// Removes what a process left behind. Nothing to do where it is gone.
    package static func clear(_ lease: PointInTimeLease) throws(ConsistencyError) {
        guard case .clone(let text, let inode, _, _, _) = lease else { return }
        let path = FilePath(text)
        guard File.exists(path.removingLastComponent()) else {
            throw ConsistencyError(.systemFailure, "the folder of \(path) is not there; is its filesystem mounted?")
        }
        guard let status = try? FileStatus(ofLink: path), status.inode == inode else { return }
        try ConsistencyError.wrapping { () throws(SystemError) in try File.remove(path) }
    }

    /// Removes the clones in `directory` that no process has, and that are of none of the `known` leases: a process died
    /// between making one and telling of it. Returns what it removed.
    package static func clearLeftovers(in directory: FilePath, except known: [PointInTimeLease]) -> [FilePath] {
        let paths: [String] = known.map { lease in if case .clone(let path, _, _, _, _) = lease { path } else { "" } }
        let names = ((try? Directory.names(in: directory)) ?? []).filter { $0.hasSuffix(CloneFile.suffix) }
        return names.map { directory.appending($0) }.filter { path in
            let status = try? FileStatus(ofLink: path)
            // One that was filled may be of a snapshot of another root, which is resumed later.
            guard !paths.contains(path.string), status?.kind == .regularFile, status?.byteCount == 0,
                let file = try? CloneFile.open(path), file.isLocked
            else { return false }
            file.remove()
            return true
        }
    }
}
