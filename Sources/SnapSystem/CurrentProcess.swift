internal import Glibc
package import SystemPackage

/// What only this process can do to itself.
package enum CurrentProcess {
    /// getcwd(3); nil when the folder is gone, or may not be reached.
    package static var workingFolder: FilePath? {
        guard let name = getcwd(nil, 0) else { return nil }
        defer { free(name) }
        return FilePath(String(cString: name))
    }

    /// chdir(2) to /, so that no filesystem is kept in use.
    package static func leaveWorkingFolder() { _ = chdir("/") }

    /// Lets this thread rest. Not for the cooperative pool.
    package static func rest(for duration: Duration) {
        usleep(UInt32(clamping: Int64(duration / .microseconds(1))))
    }

    /// _exit(2): ends the process as it is. What it was doing is left as by a kill.
    package static func end(status: Int32) -> Never { _exit(status) }
}
