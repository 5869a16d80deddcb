internal import SnapSystem
internal import SystemPackage

/// Which processes have a file or device open, by /proc/PID/fd (proc(5)): to name them in a message, no more. It shows
/// what this process may see, and misses who mapped the file and closed it.
enum OpenFiles {
    /// As "process 812 (qemu-system-x86)", the first few.
    static func users(of path: FilePath, writing: Bool) -> [String] {
        var users: [String] = []
        for name in (try? Directory.names(in: "/proc")) ?? [] where Int32(name) != nil {
            let process = FilePath("/proc").appending(name)
            guard has(process, open: path, writing: writing) else { continue }
            users.append(title(of: process, name))
            if users.count == shownCount { break }
        }
        return users
    }

    /// The same for writing, of any of `paths`: one look at all processes. With what each has open.
    static func writers(of paths: Set<String>) -> [String] {
        var users: [String] = []
        for name in (try? Directory.names(in: "/proc")) ?? [] where Int32(name) != nil {
            let process = FilePath("/proc").appending(name)
            guard let path = firstOpened(process, of: paths) else { continue }
            users.append("\(path) is open for writing by \(title(of: process, name))")
            if users.count == shownCount { break }
        }
        return users
    }

    private static func title(of process: FilePath, _ number: String) -> String {
        let words = (try? File.readText(process.appending("comm")))?.filter { !$0.isNewline } ?? "?"
        return "process \(number) (\(words))"
    }

    private static func firstOpened(_ process: FilePath, of paths: Set<String>) -> String? {
        let descriptors = process.appending("fd")
        for name in (try? Directory.names(in: descriptors)) ?? [] {
            guard let path = try? File.readLink(descriptors.appending(name)), paths.contains(path),
                isForWriting(process.appending("fdinfo").appending(name))
            else { continue }
            return path
        }
        return nil
    }

    private static func has(_ process: FilePath, open path: FilePath, writing: Bool) -> Bool {
        let descriptors = process.appending("fd")
        // The link is read, not followed: a stat of a file on a dead server would hang.
        return ((try? Directory.names(in: descriptors)) ?? []).contains { name in
            guard (try? File.readLink(descriptors.appending(name))) == path.string else { return false }
            return !writing || isForWriting(process.appending("fdinfo").appending(name))
        }
    }

    /// The line `flags:` has open(2)'s flags in octal; their last two bits are the access mode.
    private static func isForWriting(_ information: FilePath) -> Bool {
        let lines = (try? File.readText(information))?.split(separator: "\n") ?? []
        let flags = lines.first { $0.hasPrefix("flags:") }?.dropFirst("flags:".count).filter { !$0.isWhitespace }
        return flags.flatMap { Int($0, radix: 8) }.map { $0 & 3 != 0 } ?? false
    }
}

/// A message names this many processes.
private let shownCount = 3
