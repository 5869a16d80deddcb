internal import FoundationEssentials
internal import Glibc
internal import SnapDevice
internal import SnapSystem
internal import Synchronization
package import SystemPackage

/// A small file that says which filesystems are being frozen, and by whom: there before the first is frozen, gone when all
/// are thawed. What a crash of both processes leaves frozen is found by it.
package struct FreezeJournal: Sendable {
    package let path: FilePath

    private static let prefix = "freeze-"
    private static let suffix = ".json"
    /// Tells apart the journals of one process.
    private static let count = Atomic<Int>(0)
    private static let formatVersion = 1
    private static let byteLimit = 1 << 20
    /// How long a freezer that was ended may take to be gone.
    private static let endingSeconds = 1.0

    /// One that is not there yet, in a folder that is: the root of snapctl.
    package init(in directory: FilePath) {
        let number = Self.count.add(1, ordering: .relaxed).newValue
        path = directory.appending("\(Self.prefix)\(ProcessIdentity.current)-\(number)\(Self.suffix)")
    }

    private struct Fields: Codable {
        struct Filesystem: Codable {
            var mountPoint: String
            /// `8:17`
            var number: String
        }

        var formatVersion: Int
        var owner: String
        var freezer: String?
        var filesystems: [Filesystem]
    }

    /// Durable when it returns.
    func write(_ filesystems: [OpenedFilesystem], freezer: Int32) throws(ConsistencyError) {
        let fields = Fields(
            formatVersion: Self.formatVersion, owner: "\(ProcessIdentity.current)",
            freezer: ProcessIdentity(number: freezer).map { "\($0)" },
            filesystems: filesystems.map { .init(mountPoint: $0.mountPoint.string, number: "\($0.number)") })
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        guard let bytes = try? encoder.encode(fields) else {
            throw ConsistencyError(.systemFailure, "the journal of freezes cannot be written as JSON")
        }
        do throws(SystemError) {
            try AtomicFile.write(Array(bytes), to: path)
        } catch {
            throw ConsistencyError(error)
        }
    }

    /// One that stays is found at the next start, and does no harm.
    func remove() { try? File.remove(path) }

    // MARK: - Leftovers

    /// Thaws what processes that are gone left frozen, and removes their journals. Returns what it did, a sentence each, for
    /// whoever started it; what it cannot do stays for the next time, and is said too. Needs no lock.
    package static func clearLeftovers(in directory: FilePath) -> [String] {
        removeUnfinished(in: directory)
        return journals(in: directory).flatMap(clear)
    }

    /// Whoever died while it wrote one had frozen nothing yet.
    private static func removeUnfinished(in directory: FilePath) {
        for name in ((try? Directory.names(in: directory)) ?? [])
        where name.hasPrefix(prefix) && name.contains(AtomicFile.temporaryMarker) {
            let writer = name.split(separator: AtomicFile.temporaryMarker).last.flatMap { ProcessIdentity($0) }
            if let writer, !writer.isAlive { try? File.remove(directory.appending(name)) }
        }
    }

    /// What `clearLeftovers` would look at, a sentence each.
    package static func leftovers(in directory: FilePath) -> [String] {
        journals(in: directory).compactMap { path in
            guard let fields = fields(of: path), let owner = ProcessIdentity(fields.owner), !owner.isAlive else {
                return nil
            }
            let places = fields.filesystems.map(\.mountPoint).joined(separator: ", ")
            return "process \(owner.number) is gone, and may have left frozen: \(places)"
        }
    }

    private static func journals(in directory: FilePath) -> [FilePath] {
        ((try? Directory.names(in: directory)) ?? []).filter { $0.hasPrefix(prefix) && $0.hasSuffix(suffix) }
            .map { directory.appending($0) }
    }

    private static func fields(of path: FilePath) -> Fields? {
        guard let bytes = try? File.read(path, upTo: byteLimit),
            let fields = try? JSONDecoder().decode(Fields.self, from: Data(bytes)),
            fields.formatVersion == formatVersion
        else { return nil }
        return fields
    }

    private static func clear(_ path: FilePath) -> [String] {
        guard let bytes = try? File.read(path, upTo: byteLimit) else { return [] }
        guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(bytes)),
            fields.formatVersion == formatVersion, let owner = ProcessIdentity(fields.owner)
        else {
            return ["\(path) is no journal of freezes that this version reads; look at it, and remove it"]
        }
        guard !owner.isAlive else { return [] }
        var words: [String] = []
        // Nothing stays frozen over a reboot.
        if owner.boot == ProcessIdentity.current.boot {
            if let freezer = fields.freezer.flatMap({ ProcessIdentity($0) }), freezer.isAlive {
                words.append(end(freezer))
                // It may yet freeze: the journal stays for the next time.
                if freezer.isAlive { return words }
            }
            let outcomes = fields.filesystems.map { thaw($0, owner) }
            words += outcomes.compactMap(\.words)
            if outcomes.contains(where: \.mayBeFrozen) { return words }
        }
        do throws(SystemError) {
            try File.remove(path)
        } catch {
            words.append("\(error)")
        }
        return words
    }

    /// A freezer that outlives its parent was stopped, and thaws as soon as it goes on; or the kernel holds it up.
    private static func end(_ freezer: ProcessIdentity) -> String {
        for signal in [SIGCONT, SIGKILL] {
            kill(freezer.number, signal)
            let watch = Stopwatch()
            while freezer.isAlive, watch.seconds < endingSeconds { usleep(10_000) }
        }
        return freezer.isAlive
            ? "the kernel holds up the freezer (process \(freezer.number)) of a process that is gone; try again later"
            : "ended the freezer (process \(freezer.number)) of a process that is gone"
    }

    private struct ThawOutcome {
        /// nil: there was nothing to do.
        var words: String?
        /// The journal stays for the next time.
        var mayBeFrozen = false
    }

    private static func thaw(_ fields: Fields.Filesystem, _ owner: ProcessIdentity) -> ThawOutcome {
        do throws(ConsistencyError) {
            let filesystem = try OpenedFilesystem(FilePath(fields.mountPoint))
            guard "\(filesystem.number)" == fields.number else { return ThawOutcome() }
            switch filesystem.thaw() {
            case .thawed:
                return ThawOutcome(
                    words: "thawed \(fields.mountPoint), which process \(owner.number) had left frozen")
            case .wasNotFrozen: return ThawOutcome()
            case .failed(let error):
                return ThawOutcome(
                    words: "\(error); thaw it by hand (fsfreeze -u \(fields.mountPoint))", mayBeFrozen: true)
            }
        } catch {
            // Not mounted any more, or not here: what is mounted nowhere is not frozen either.
            return ThawOutcome(mayBeFrozen: MountedPlace.isMounted(number: fields.number))
        }
    }
}
