internal import SnapSystem
internal import SystemPackage

/// Where to restore to, before anything was touched: all checks of `RestoreTarget.open`.
struct TargetRequest: Sendable {
    let path: FilePath
    let imageByteCount: Int
    let force: Bool
    let protected: [FilePath]

    func open() throws(DeviceError) -> TargetOutput {
        guard let status = try status() else { return try openNewFile() }
        switch status.kind {
        case .blockDevice: return try openDevice()
        case .regularFile: return try openFile(replacing: status)
        case .directory: throw .isDirectory(path)
        default: throw DeviceError(.notAVolume, path, "is neither a block device nor a regular file; name one of those")
        }
    }

    /// nil: nothing is there yet.
    private func status() throws(DeviceError) -> FileStatus? {
        do throws(SystemError) {
            return try FileStatus(of: path)
        } catch {
            guard error.code == .noSuchFileOrDirectory else { throw .opening(path, error, writing: true) }
        }
        if (try? FileStatus(ofLink: path)) != nil {
            throw DeviceError(.noSuchPath, path, "is a symbolic link that leads nowhere; name its target")
        }
        return nil
    }

    // MARK: - Devices

    private func openDevice() throws(DeviceError) -> TargetOutput {
        let facts = try VolumeFacts.inspect(path)
        if facts.isReadOnlyDevice { throw .readOnly(path) }
        try protect(facts)
        if !facts.uses.isEmpty {
            throw .inUse(path, by: VolumeUse.phrase(facts.uses, on: facts.deviceName), writing: true)
        }
        try checkSize(facts.byteCount)
        let output = try claim(facts)
        // With the claim held: nobody makes a filesystem between the look and the first write.
        if !force, let signature = try Signature.recognise(facts.path) { throw .hasSignature(path, signature) }
        return output
    }

    private func claim(_ facts: VolumeFacts) throws(DeviceError) -> TargetOutput {
        let byteCount: Int
        let output: TargetOutput
        do throws(SystemError) {
            let direct = try DirectFile.open(device: facts.path, .readWrite, options: .exclusive)
            let buffered = try OwnedDescriptor(opening: facts.path, .readWrite)
            byteCount = try buffered.blockDeviceByteCount()
            output = TargetOutput(
                finalPath: facts.path, kind: .blockDevice, temporary: nil,
                zeros: try AlignedBuffer(byteCount: zeroByteCount), direct: direct, buffered: buffered)
        } catch {
            if error.code == .resourceBusy { throw .claimed(facts, writing: true, error) }
            throw .opening(path, error, writing: true)
        }
        // Asked again: the claim ended all that could change the size.
        try checkSize(byteCount)
        return output
    }

    private func checkSize(_ byteCount: Int) throws(DeviceError) {
        guard byteCount < imageByteCount else { return }
        throw DeviceError(
            .tooSmall, path,
            "has \(byteCount) bytes, the snapshot \(imageByteCount); choose a target of at least that size")
    }

    /// Refuses what the store lies on.
    func protect(_ facts: VolumeFacts) throws(DeviceError) {
        for stored in protected where VolumeStack.carries(facts, stored) { throw .carriesStore(path, stored: stored) }
    }
}

/// How many zeros are written at once where the kernel does not write them.
private let zeroByteCount = 512 << 10
