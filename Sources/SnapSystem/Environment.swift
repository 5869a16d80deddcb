internal import Glibc

/// What the process was started with.
package enum Environment {
    /// getenv(3). An empty value counts as none, as the conventions for `NO_COLOR` and the XDG folders ask.
    package static func value(_ name: String) -> String? {
        guard let text = getenv(name), text.pointee != 0 else { return nil }
        return String(cString: text)
    }

    /// All of it (environ(7)), for programs that are to have some of it otherwise.
    package static var all: [String: String] {
        var variables: [String: String] = [:]
        var next = environ
        while let entry = next.pointee {
            let words = String(cString: entry).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if words.count == 2 { variables[String(words[0])] = String(words[1]) }
            next += 1
        }
        return variables
    }

    /// geteuid(2) is 0.
    package static var isSuperuser: Bool { geteuid() == 0 }

    /// signal(2), SIGPIPE: writing to a pipe that nobody reads then fails (EPIPE) and does not end a running snapshot.
    package static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}
