internal import SnapDevice
internal import SnapSystem

extension ConsistencyError {
    /// Runs what calls the kernel, turning its errors into this module's.
    static func wrapping<Result: ~Copyable>(
        system body: () throws(SystemError) -> Result
    ) throws(ConsistencyError) -> Result {
        do throws(SystemError) { return try body() } catch { throw ConsistencyError(error) }
    }

    /// Runs what looks at or reads a volume, turning its errors into this module's.
    static func wrapping<Result: ~Copyable>(
        device body: () throws(DeviceError) -> Result
    ) throws(ConsistencyError) -> Result {
        do throws(DeviceError) { return try body() } catch { throw ConsistencyError(error) }
    }
}
