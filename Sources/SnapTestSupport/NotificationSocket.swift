internal import Glibc
package import SystemPackage

/// A service manager's end of sd_notify(3): a socket, and what was sent to it.
package final class NotificationSocket {
    /// For `NOTIFY_SOCKET`.
    package let path: FilePath
    private let socket: CInt

    package init(_ path: FilePath) throws {
        self.path = path
        socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let name = Array(path.string.utf8)
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { throw Errno.fileNameTooLong }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let result = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Errno(rawValue: errno) }
        var isWanted: CInt = 1
        setsockopt(socket, SOL_SOCKET, SO_PASSCRED, &isWanted, socklen_t(MemoryLayout<CInt>.size))
    }

    deinit { close(socket) }

    /// The lines of all that has arrived.
    package func received() -> [String] { receivedBySenders().map(\.line) }

    /// The same, and which process sent each: unix(7), SCM_CREDENTIALS.
    package func receivedBySenders() -> [(line: String, process: Int32)] {
        var lines: [(String, Int32)] = []
        while let (text, process) = receive() {
            lines += text.split(separator: "\n").map { (String($0), process) }
        }
        return lines
    }

    private func receive() -> (text: String, process: Int32)? {
        var text = [UInt8](repeating: 0, count: 4_096)
        var control = [UInt8](repeating: 0, count: 256)
        let count = text.withUnsafeMutableBytes { text in
            control.withUnsafeMutableBytes { control in
                var vector = iovec(iov_base: text.baseAddress, iov_len: text.count)
                return withUnsafeMutablePointer(to: &vector) { vector in
                    var message = msghdr()
                    (message.msg_iov, message.msg_iovlen) = (vector, 1)
                    (message.msg_control, message.msg_controllen) = (control.baseAddress, control.count)
                    return recvmsg(socket, &message, CInt(MSG_DONTWAIT))
                }
            }
        }
        guard count >= 0 else { return nil }
        // The one piece of control: its header, and then struct ucred, which begins with the process.
        let process = control.withUnsafeBytes {
            $0.loadUnaligned(fromByteOffset: MemoryLayout<cmsghdr>.size, as: Int32.self)
        }
        return (String(decoding: text.prefix(count), as: UTF8.self), process)
    }
}
