internal import FoundationEssentials
internal import SnapDevice
package import SnapModel
internal import SnapSystem
package import SystemPackage

/// The volumes of which `live` has made an image that differed, so that it is not used until somebody has looked: `live.json`
/// under the root.
package struct LiveDistrust: Sendable, Codable, Hashable {
    package struct Entry: Sendable, Codable, Hashable {
        package var volume: VolumeIdentity
        /// Where the volume was then.
        package var path: String
        package var snapshot: SnapshotID
        package var time: Timestamp
        /// A sentence.
        package var reason: String

        enum CodingKeys: String, CodingKey {
            case volume = "Volume"
            case path = "Path"
            case snapshot = "SnapshotId"
            case time = "Time"
            case reason = "Reason"
        }
    }

    package private(set) var entries: [Entry] = []

    enum CodingKeys: String, CodingKey { case entries = "Distrusted" }

    private static let fileName: FilePath.Component = "live.json"
    private static let lockName: FilePath.Component = "live.lock"
    private static let byteLimit = 1 << 20
    private static let patience = Duration.seconds(10)

    /// Throws `failed` where there is one that cannot be read: it may be the volume's that is asked for.
    package static func read(in root: FilePath) throws(EngineError) -> LiveDistrust {
        let path = root.appending(fileName)
        do throws(SystemError) {
            let bytes = try File.read(path, upTo: byteLimit)
            if let distrust = try? JSONDecoder().decode(LiveDistrust.self, from: Data(bytes)) { return distrust }
        } catch {
            guard error.code == .noSuchFileOrDirectory else { throw EngineError(error) }
            return LiveDistrust()
        }
        throw EngineError(.failed, "\(path) is not as snapctl writes it; move it away, if live is to be used again")
    }

    /// Why `live` is not to be used for `volume`: the rest of a sentence. What cannot be read may be about it.
    static func obstacle(for volume: VolumeIdentity, in root: FilePath) -> String? {
        do throws(EngineError) { return try read(in: root).obstacle(for: volume) } catch { return error.explanation }
    }

    private func obstacle(for volume: VolumeIdentity) -> String? {
        entries.last { $0.volume == volume }.map {
            "its image of \($0.time) (\($0.snapshot)) differed from the volume; find out what writes past the kernel's "
                + "block layer, then 'snapctl doctor --allow-live \($0.path)'"
        }
    }

    static func note(_ entry: Entry, in root: FilePath) throws(EngineError) {
        try change(in: root) { distrust in
            distrust.entries.removeAll { $0.volume == entry.volume }
            distrust.entries.append(entry)
        }
    }

    /// `live` may be used again for the volume at `path`. False: there was nothing against it.
    package static func forgive(_ path: FilePath, in root: FilePath) throws(EngineError) -> Bool {
        let identity = try? VolumeFacts.inspecting(path.string).identity
        return try change(in: root) { $0.entries.removeAll { $0.path == path.string || $0.volume == identity } }
    }

    /// While nobody else does. Returns whether `body` changed anything.
    @discardableResult
    private static func change(in root: FilePath, _ body: (inout LiveDistrust) -> Void) throws(EngineError) -> Bool {
        let lock = try lock(in: root)
        defer { withExtendedLifetime(lock) {} }
        let before = try read(in: root)
        var distrust = before
        body(&distrust)
        guard distrust != before else { return false }
        try distrust.write(in: root)
        return true
    }

    private static func lock(in root: FilePath) throws(EngineError) -> FileLock {
        let watch = Stopwatch()
        do throws(SystemError) {
            while watch.elapsed < patience {
                if let lock = try FileLock.acquire(root.appending(lockName), .exclusive) { return lock }
                CurrentProcess.rest(for: .milliseconds(5))
            }
        } catch {
            throw EngineError(error)
        }
        throw EngineError(.failed, "\(root.appending(lockName)) is held by another snapctl; try again")
    }

    private func write(in root: FilePath) throws(EngineError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted]
        guard let bytes = try? encoder.encode(self) else { preconditionFailure("a record has no JSON") }
        do throws(SystemError) {
            try AtomicFile.write(Array(bytes), to: root.appending(Self.fileName))
        } catch {
            throw EngineError(error)
        }
    }
}
