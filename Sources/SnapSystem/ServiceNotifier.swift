internal import Glibc
internal import SnapModel
internal import SystemPackage

/// Tells a service manager how this process is, by the protocol of sd_notify(3): lines in one datagram to the socket that
/// `NOTIFY_SOCKET` names. Of our own, since all that libsystemd would add is a dependency.
///
/// Never blocks, and never fails: a manager that does not listen must not hold up a snapshot.
package struct ServiceNotifier: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    /// That of this process; nil when it is in no unit that wants to be told.
    package static var current: ServiceNotifier? { Environment.value("NOTIFY_SOCKET").flatMap { ServiceNotifier($0) } }

    /// `/run/systemd/notify`, or `@…` for the abstract namespace of unix(7).
    package init?(_ socket: String) {
        var name = Array(socket.utf8)
        guard let first = name.first, [UInt8(ascii: "/"), UInt8(ascii: "@")].contains(first) else { return nil }
        if first == UInt8(ascii: "@") { name[0] = 0 }
        var address = sockaddr_un()
        guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        self.address = address
        // The name of an abstract socket ends where the address does; a path ends at its zero.
        length = socklen_t(MemoryLayout<sa_family_t>.size + name.count + (first == UInt8(ascii: "@") ? 0 : 1))
    }

    package enum News: Hashable, Sendable {
        case ready
        /// One line for people, by `systemctl status`.
        case status(String)
        /// The process is alive, and gets on.
        case watchdog
        /// What the manager waits for now may take so long from now on, should that be longer than it would wait anyway.
        case moreTime(Duration)

        var line: String {
            switch self {
            case .ready: "READY=1"
            case .status(let text): "STATUS=" + text.map { $0.isNewline ? " " : String($0) }.joined()
            case .watchdog: "WATCHDOG=1"
            case .moreTime(let duration): "EXTEND_TIMEOUT_USEC=\(duration.wholeMicroseconds)"
            }
        }
    }

    package func tell(_ news: News...) {
        let message = Array(news.map(\.line).joined(separator: "\n").utf8)
        let socket = Glibc.socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard socket >= 0 else { return }
        defer { close(socket) }
        withUnsafePointer(to: address) { address in
            address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                _ = sendto(
                    socket, message, message.count, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT), address,
                    length)
            }
        }
    }
}
