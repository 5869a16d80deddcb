internal import CLinux
internal import SystemPackage

/// A pipe (pipe(7)). Neither end is inherited by programs, unless `Subprocess` is told to hand it on.
package struct Pipe: ~Copyable, Sendable {
    package let reading: OwnedDescriptor
    package let writing: OwnedDescriptor

    package init() throws(SystemError) {
        var ends: [CInt] = [-1, -1]
        _ = try systemCall("make", "a pipe") { clinux_pipe(&ends) }
        reading = OwnedDescriptor(adopting: ends[0], path: "a pipe")
        writing = OwnedDescriptor(adopting: ends[1], path: "a pipe")
    }

    /// Closes the other end: for whoever has handed that to a program.
    package consuming func keepReading() -> OwnedDescriptor { reading }

    /// Closes the other end.
    package consuming func keepWriting() -> OwnedDescriptor { writing }
}
