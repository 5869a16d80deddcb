internal import SnapSystem
internal import SystemPackage

extension TargetRequest {
    /// Restores to a name that nobody has yet.
    func openNewFile() throws(DeviceError) -> TargetOutput {
        guard let name = path.lastComponent else { throw .isDirectory(path) }
        let parent = path.removingLastComponent()
        let folder: FilePath
        let liesInMemory: Bool
        do throws(SystemError) {
            folder = try File.resolve(parent.isEmpty ? "." : parent)
            // A slip in the name of a device must not fill the memory that holds /dev.
            liesInMemory = try FileStatus(of: folder).filesystem == (try? FileStatus(of: "/dev"))?.filesystem
        } catch {
            throw .opening(path, error, writing: true)
        }
        if liesInMemory {
            throw DeviceError(
                .noSuchPath, path,
                "does not exist, and a file in /dev would lie in memory; check the name (lsblk lists devices)")
        }
        return try openTemporary(of: folder.appending(name), replacing: nil)
    }

    /// Restores over a file: it stays as it is until the restore is complete.
    func openFile(replacing status: FileStatus) throws(DeviceError) -> TargetOutput {
        let facts = try VolumeFacts.inspect(path)
        try protect(facts)
        if !facts.uses.isEmpty { throw .inUse(path, by: VolumeUse.phrase(facts.uses, on: nil), writing: true) }
        try refuseOpenForWriting(facts.path)
        if !force, status.byteCount > 0 {
            if let signature = try Signature.recognise(facts.path) { throw .hasSignature(path, signature) }
            throw DeviceError(
                .targetExists, path,
                "is a file of \(status.byteCount) bytes; choose another name, or overwrite it with --force")
        }
        guard File.isAccessible(facts.path, writing: true) else {
            throw .opening(path, SystemError("write", path.string, .permissionDenied), writing: true)
        }
        return try openTemporary(of: facts.path, replacing: status)
    }

    /// A lease, given back at once, tells whether somebody has the file open for writing.
    private func refuseOpenForWriting(_ path: FilePath) throws(DeviceError) {
        let outcome: LeaseOutcome
        do throws(SystemError) {
            outcome = try OwnedDescriptor(opening: path, .readOnly, options: .nonBlocking).takeReadLease()
        } catch {
            throw .opening(path, error, writing: true)
        }
        if outcome == .refused { throw .openForWriting(path, writing: true) }
    }

    private func openTemporary(of final: FilePath, replacing replaced: FileStatus?) throws(DeviceError) -> TargetOutput
    {
        for stored in protected { try refuseInside(stored, final) }
        let name = Self.temporaryName(of: final)
        Self.removeLeftovers(of: final)
        let temporary = TargetOutput.Temporary(
            path: final.removingLastComponent().appending(name), replaced: replaced, force: force)
        do throws(SystemError) {
            // A disk may hold anybody's secrets: its image is for its owner alone, unless the file that it replaces was not.
            let buffered = try OwnedDescriptor(
                opening: temporary.path, .readWrite, options: [.create, .exclusive], permissions: 0o600)
            do throws(SystemError) {
                try buffered.resize(to: imageByteCount)
                return TargetOutput(
                    finalPath: final, kind: .regularFile, temporary: temporary,
                    zeros: try AlignedBuffer(byteCount: smallestSectorByteCount),
                    direct: try DirectFile.open(file: temporary.path, .readWrite), buffered: buffered)
            } catch {
                try? File.remove(temporary.path)
                throw error
            }
        } catch {
            throw .writing(final, error)
        }
    }

    /// A file among those of the store would be taken for one of them.
    private func refuseInside(_ stored: FilePath, _ final: FilePath) throws(DeviceError) {
        guard let folder = try? File.resolve(stored), final.starts(with: folder) else { return }
        throw DeviceError(
            .carriesStore, path, "lies in \(stored.string), which is snapctl's own; choose a place outside")
    }

    // MARK: - Temporary names

    /// Begins with as much of the final name as leaves room for the rest (NAME_MAX).
    private static func temporaryPrefix(of final: FilePath) -> String {
        let name = final.lastComponent?.string ?? ""
        return String(decoding: name.utf8.prefix(nameByteLimit), as: UTF8.self) + AtomicFile.temporaryMarker
    }

    private static func temporaryName(of final: FilePath) -> String {
        temporaryPrefix(of: final) + ProcessIdentity.current.description
    }

    /// Removes what restores to the same name left when they were killed.
    private static func removeLeftovers(of final: FilePath) {
        let (folder, prefix) = (final.removingLastComponent(), temporaryPrefix(of: final))
        for name in (try? Directory.names(in: folder)) ?? [] where name.hasPrefix(prefix) {
            guard let owner = ProcessIdentity(name.dropFirst(prefix.count)), !owner.isAlive else { continue }
            try? File.remove(folder.appending(name))
        }
    }
}

/// Of 255 bytes, what the marker and the identity of a process leave.
private let nameByteLimit = 190
