internal import Glibc

/// What the process was started with.
package enum Environment {
    /// getenv(3). An empty value counts as none, as the conventions for `NO_COLOR` and the XDG folders ask.
    package static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// geteuid(2) is 0.
    package static var isSuperuser: Bool { geteuid() == 0 }

    /// signal(2), SIGPIPE: writing to a pipe that nobody reads then fails (EPIPE) and does not end a running snapshot.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
