internal import Glibc
internal import SystemPackage

/// Pipes and sockets: bytes that come and go in order.
extension OwnedDescriptor {
    /// read(2), once: up to `byteCount` bytes, as soon as there are some; none at the end.
    package borrowing func readNext(upTo byteCount: Int) throws(SystemError) -> [UInt8] {
        let (descriptor, subject) = (rawValue, path)
        var bytes = [UInt8](repeating: 0, count: byteCount)
        let count = try systemCall("read from", subject) { Glibc.read(descriptor, &bytes, byteCount) }
        return Array(bytes.prefix(count))
    }

    /// write(2) until all is written. EPIPE when nobody reads any more.
    package borrowing func writeNext(_ bytes: [UInt8]) throws(SystemError) {
        let (descriptor, subject) = (rawValue, path)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = try systemCall("write to", subject) {
                rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            rest = rest.dropFirst(count)
        }
    }

    /// poll(2): whether a read would return at once, with bytes or with the end. Waits up to `timeout`; nil: for ever.
    package borrowing func isReadable(within timeout: Duration?) -> Bool {
        Polling.wait(for: [rawValue], within: timeout)[0]
    }
}

/// poll(2) for reading, over any number of descriptors.
package enum Polling {
    /// Which of `descriptors` can be read, once there is one or the time is up. Negative ones never can.
    package static func wait(for descriptors: [CInt], within timeout: Duration?) -> [Bool] {
        var requests = descriptors.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
        let watch = Stopwatch()
        while true {
            let left = timeout.map {
                max(0, CInt(min(Double(CInt.max), ($0 - watch.elapsed) / .milliseconds(1) + 0.999)))
            }
            let count = poll(&requests, nfds_t(requests.count), left ?? -1)
            if count >= 0 { return requests.map { $0.revents != 0 } }
            precondition(errno == EINTR || errno == EAGAIN || errno == ENOMEM, "poll: errno \(errno)")
        }
    }
}
