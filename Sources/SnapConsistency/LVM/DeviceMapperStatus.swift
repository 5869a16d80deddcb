/// How a snapshot or a thin pool is, in the words of dmsetup(8) `status`. Asking takes no lock of LVM and reads no disk, so
/// it can be done each second.
enum DeviceMapperStatus: Hashable, Sendable {
    /// Of a thick snapshot: how much of its reserve is used.
    case reserve(usedByteCount: Int, byteCount: Int)
    /// Of a thin volume.
    case thin
    /// Of a thin pool, as fractions. `takesWrites`: its mode is `rw`.
    case pool(used: Double, usedMetadata: Double, takesWrites: Bool)
    /// It has lost its bytes; in the kernel's word for it: `Invalid`, `Overflow`, `Fail`, `Error` …
    case lost(String)
    /// Of another target.
    case other(String)

    /// Of the device of that name. Throws `toolFailed` where there is none.
    static func of(_ name: String) throws(ConsistencyError) -> DeviceMapperStatus {
        let text = try LVMProgram.dmsetup.run(["status", name])
        guard let status = parse(text) else {
            throw ConsistencyError(.toolFailed, "dmsetup answered something about \(name) that is no status: \(text)")
        }
        return status
    }

    /// `0 409600 snapshot 9272/40960 48`: start, length, target, and what the target says
    /// (Documentation/admin-guide/device-mapper/snapshot.rst and thin-provisioning.rst).
    static func parse(_ text: String) -> DeviceMapperStatus? {
        let words = text.split(whereSeparator: \.isWhitespace)
        guard words.count >= 3 else { return nil }
        let state = words.dropFirst(3)
        switch words[2] {
        case "snapshot": return reserve(state.first)
        case "thin": return isFailure(state.first) ? .lost(state.first.map(String.init) ?? "") : .thin
        case "thin-pool": return pool(Array(state))
        default: return .other(String(words[2]))
        }
    }

    /// Sectors used and there, of 512 bytes.
    private static func reserve(_ word: Substring?) -> DeviceMapperStatus? {
        guard let word else { return nil }
        guard let (used, total) = ratio(word) else { return .lost(String(word)) }
        return .reserve(usedByteCount: used * 512, byteCount: total * 512)
    }

    /// Transaction, used and all blocks of metadata, used and all blocks, held root, mode …
    private static func pool(_ words: [Substring]) -> DeviceMapperStatus? {
        if isFailure(words.first) { return .lost(words.first.map(String.init) ?? "") }
        guard words.count >= 5, let metadata = ratio(words[1]), let blocks = ratio(words[2]) else { return nil }
        return .pool(
            used: Double(blocks.used) / Double(max(1, blocks.total)),
            usedMetadata: Double(metadata.used) / Double(max(1, metadata.total)), takesWrites: words[4] == "rw")
    }

    private static func isFailure(_ word: Substring?) -> Bool { word.map { "FE".contains($0.prefix(1)) } ?? true }

    private static func ratio(_ word: Substring) -> (used: Int, total: Int)? {
        let parts = word.split(separator: "/")
        guard parts.count == 2, let used = Int(parts[0]), let total = Int(parts[1]) else { return nil }
        return (used, total)
    }
}
