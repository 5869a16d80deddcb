internal import Glibc
internal import SystemPackage

/// What makes this process one that runs on when memory is short.
package enum UnswappableProcess {
    /// Keeps all of its memory, also what is to come, off the disk: mlockall(2). ENOMEM, EPERM where RLIMIT_MEMLOCK forbids it.
    package static func lockMemory() throws(SystemError) {
        _ = try systemCall("lock", "the memory of this process") { mlockall(MCL_CURRENT | MCL_FUTURE) }
    }

    /// The kernel ends others when there is no memory left (proc_pid_oom_score_adj(5)). EACCES without CAP_SYS_RESOURCE.
    package static func refuseToBeKilledForMemory() throws(SystemError) {
        let file = try OwnedDescriptor(opening: "/proc/self/oom_score_adj", .writeOnly)
        try file.writeNext(Array("-1000".utf8))
    }

    /// chdir(2) to the root, so that no other filesystem is kept busy.
    package static func leaveWorkingFolder() throws(SystemError) {
        _ = try systemCall("work in", "/") { chdir("/") }
    }
}
