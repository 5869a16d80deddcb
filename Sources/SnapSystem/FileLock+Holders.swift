package import SystemPackage

extension FileLock {
    /// Who holds locks (flock(2)) on a file, as /proc/locks tells: the numbers of the processes, those that can be seen
    /// from here. For messages: it may have changed when it is read.
    package static func holders(of path: FilePath) -> [Int32] {
        guard let status = try? FileStatus(of: path), let table = try? File.readText("/proc/locks") else { return [] }
        return holders(inTable: table, inode: status.inode)
    }

    /// Lines such as `3: FLOCK  ADVISORY  READ 812 08:01:1311 0 EOF` (proc_locks(5)); with `->` a process waits.
    static func holders(inTable table: String, inode: UInt64) -> [Int32] {
        table.split(separator: "\n").compactMap { line in
            let fields = line.split(separator: " ")
            guard fields.count >= 6, fields[1] == "FLOCK",
                fields[5].split(separator: ":").last.map(String.init) == "\(inode)"
            else { return nil }
            return Int32(fields[4]).flatMap { $0 > 0 ? $0 : nil }
        }
    }
}

extension ProcessIdentity {
    /// What a process was started as, in at most two words: `snapctl restore`. nil when it has ended.
    package static func words(for number: Int32) -> String? {
        guard let text = try? File.readText(FilePath("/proc/\(number)/cmdline"), upTo: 4_096) else { return nil }
        let arguments = text.split(separator: "\0").map(String.init)
        guard let first = arguments.first, let name = FilePath(first).lastComponent?.string else { return nil }
        return ([name] + arguments.dropFirst().prefix(1)).joined(separator: " ")
    }
}
