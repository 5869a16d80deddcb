package import SnapSystem
internal import Synchronization
package import SystemPackage

/// Objects as files below a folder. A file that is being written has a temporary name, which tells its writer.
package final class LocalObjectStore: ObjectStore {
    package let root: FilePath
    private let openFiles: OpenFiles

    /// `root` must exist.
    package init(root: FilePath) {
        self.root = root
        openFiles = OpenFiles()
    }

    package func startObject(_ key: ObjectKey, byteCount: Int) throws(StoreError) -> any ObjectWriter {
        let path = path(of: key)
        return try storing { () throws(SystemError) in
            try Directory.create(path.removingLastComponent())
            return try LocalObjectWriter(key: key, path: path, byteCount: byteCount)
        }
    }

    package func publish(_ writers: [any ObjectWriter]) throws(StoreError) {
        let writers = writers.map { writer in
            guard let writer = writer as? LocalObjectWriter else { preconditionFailure("a writer of another store") }
            return writer
        }
        for writer in writers { try writer.makeDurable() }
        try storing { () throws(SystemError) in
            for writer in writers {
                try writer.rename()
                openFiles.forget(writer.path)
            }
        }
        try makeNamesDurable(writers.map(\.key))
    }

    package func makeNamesDurable(_ keys: [ObjectKey]) throws(StoreError) {
        let folders = Set(keys.map { path(of: $0).removingLastComponent() })
        try storing { () throws(SystemError) in
            for folder in folders { try Directory.synchronise(folder) }
            // Another process may have made a folder a moment ago, and not yet made its name durable.
            for parent in Set(folders.map { $0.removingLastComponent() }) { try Directory.synchronise(parent) }
        }
    }

    package func put(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try put(bytes, to: key, replacing: true)
    }

    package func putIfAbsent(_ bytes: [UInt8], to key: ObjectKey) throws(StoreError) {
        try put(bytes, to: key, replacing: false)
    }

    private func put(_ bytes: [UInt8], to key: ObjectKey, replacing: Bool) throws(StoreError) {
        let path = path(of: key)
        try storing { () throws(SystemError) in
            try Directory.create(path.removingLastComponent())
            try AtomicFile.write(bytes, to: path, replacing: replacing)
        }
        openFiles.forget(path)
        try makeNamesDurable([key])
    }

    package func get(_ key: ObjectKey) throws(StoreError) -> [UInt8] {
        let path = path(of: key)
        return try storing { () throws(SystemError) in try File.read(path, upTo: .max) }
    }

    package func read(
        _ key: ObjectKey, into buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int
    ) throws(StoreError) -> Int {
        do throws(SystemError) {
            let isAligned = [range.lowerBound, range.count, offset].allSatisfy { $0 % ObjectAlignment.byteCount == 0 }
            let file = try openFiles.file(path(of: key), direct: isAligned)
            return try file.read(into: buffer, range: range, at: offset)
        } catch {
            throw StoreError(error)
        }
    }

    package func byteCount(of key: ObjectKey) throws(StoreError) -> Int {
        let path = path(of: key)
        return try storing { () throws(SystemError) in try FileStatus(of: path).byteCount }
    }

    package func keys(under prefix: String) throws(StoreError) -> [ObjectKey] {
        try files(under: prefix).filter { Self.writer(of: $0) == nil }.map(ObjectKey.init)
    }

    package func delete(_ key: ObjectKey) throws(StoreError) {
        let path = path(of: key)
        openFiles.forget(path)
        try storing { () throws(SystemError) in
            guard File.exists(path.removingLastComponent()) else { return }
            try File.remove(path)
            try Directory.synchronise(path.removingLastComponent())
        }
    }

    package func removeLeftovers(under prefix: String) throws(StoreError) -> Int {
        var count = 0
        for file in try files(under: prefix) {
            guard let writer = Self.writer(of: file), !writer.isAlive else { continue }
            try storing { () throws(SystemError) in try File.remove(root.appending(file)) }
            count += 1
        }
        return count
    }

    private func path(of key: ObjectKey) -> FilePath { root.appending(key.path) }

    /// Paths below the root, of finished and unfinished files.
    private func files(under prefix: String) throws(StoreError) -> [String] {
        let folder = root.appending(prefix)
        return try storing { () throws(SystemError) in
            guard File.exists(folder) else { return [] }
            var files: [String] = []
            for name in try Directory.names(in: folder) {
                let path = prefix + name
                // Gone since it was listed: renamed by its writer, or deleted.
                guard let status = try Self.status(of: root.appending(path)) else { continue }
                if status.kind == .directory {
                    files += try Directory.names(in: folder.appending(name)).map { path + "/" + $0 }
                } else {
                    files.append(path)
                }
            }
            return files
        }
    }

    /// nil when nothing is there.
    private static func status(of path: FilePath) throws(SystemError) -> FileStatus? {
        do throws(SystemError) {
            return try FileStatus(of: path)
        } catch {
            guard error.code == .noSuchFileOrDirectory else { throw error }
            return nil
        }
    }

    /// Who is writing a file with a temporary name; nil for a finished file.
    private static func writer(of file: String) -> ProcessIdentity? {
        guard let marker = file.lastRange(of: AtomicFile.temporaryMarker) else { return nil }
        return ProcessIdentity(file[marker.upperBound...])
    }
}

/// Runs file operations, turning their errors into the store's.
private func storing<Result>(_ body: () throws(SystemError) -> Result) throws(StoreError) -> Result {
    do throws(SystemError) {
        return try body()
    } catch {
        throw StoreError(error)
    }
}

extension String {
    fileprivate func lastRange(of text: String) -> Range<String.Index>? {
        var position = endIndex
        while position > startIndex {
            position = index(before: position)
            if self[position...].hasPrefix(text) {
                return position..<index(position, offsetBy: text.count)
            }
        }
        return nil
    }
}

/// A few files kept open between reads, the least recently used given up first.
private final class OpenFiles: Sendable {
    private static let fileLimit = 32
    private let files = Mutex<[(path: FilePath, direct: Bool, file: SharedFile)]>([])

    func file(_ path: FilePath, direct: Bool) throws(SystemError) -> SharedFile {
        let known = files.withLock { files -> SharedFile? in
            guard let index = files.firstIndex(where: { $0.path == path && $0.direct == direct }) else { return nil }
            let entry = files.remove(at: index)
            files.append(entry)
            return entry.file
        }
        if let known { return known }
        let file = try SharedFile(path, direct: direct)
        files.withLock { files in
            files.append((path, direct, file))
            if files.count > Self.fileLimit { files.removeFirst() }
        }
        return file
    }

    func forget(_ path: FilePath) { files.withLock { $0.removeAll { $0.path == path } } }
}

/// An open file that several readers share; closed when the last is done with it.
private final class SharedFile: Sendable {
    private let descriptor: OwnedDescriptor

    init(_ path: FilePath, direct: Bool) throws(SystemError) {
        descriptor = try OwnedDescriptor(openingPossiblyDirect: path, .readOnly, direct: direct)
    }

    func read(into buffer: borrowing AlignedBuffer, range: Range<Int>, at offset: Int) throws(SystemError) -> Int {
        try descriptor.read(into: buffer, range: range, at: offset)
    }
}
