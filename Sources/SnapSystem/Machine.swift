internal import Glibc

/// What this machine is.
package enum Machine {
    /// sysconf(3), `_SC_NPROCESSORS_ONLN`: at least 1.
    package static let processorCount = max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))

    /// The most memory this process has had resident, in bytes (getrusage(2), `ru_maxrss`).
    package static var peakMemoryByteCount: Int {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        return usage.ru_maxrss * 1_024
    }
}
