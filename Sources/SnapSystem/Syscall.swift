internal import Glibc
package import SystemPackage

/// Runs a system call that returns -1 and sets errno on failure. The one place that reads errno and
/// retries EINTR; `package` for the modules that wrap C libraries.
package func systemCall<Result: FixedWidthInteger>(
    _ operation: String, _ subject: FilePath, _ call: () -> Result
) throws(SystemError) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let code = Errno(rawValue: errno)
        if code != .interrupted { throw SystemError(operation, subject.string, code) }
    }
}
