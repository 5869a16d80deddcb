internal import CLinux
internal import SnapSystem
internal import SystemPackage

/// A program that the kernel runs at a tracepoint for as long as this is there: nothing but descriptors of this process holds
/// it, so that it ends with the process, however that ends.
struct Program: ~Copyable, Sendable {
    private let program: OwnedDescriptor
    /// Its end detaches the program.
    private let link: OwnedDescriptor

    /// What the kernel's list of programs shows, of a process. At most 15 bytes.
    static func name(of process: Int32) -> String { "snapctl_\(process)" }

    static let name = name(of: ProcessIdentity.current.number)

    /// Loads and attaches. Throws `permissionDenied`, `unsupported` with the last words of the kernel's verifier.
    init(_ instructions: [UInt64], at tracepoint: Tracepoint) throws(TrackingError) {
        let loaded = try Self.load(instructions)
        link = try Self.attach(loaded, tracepoint)
        program = loaded
    }

    /// Has the kernel look at a program, as it does before it runs one, and asks whether events may be opened at all: that of a
    /// tracepoint takes long to close. Throws what `init` throws.
    static func tryOut(_ instructions: [UInt64]) throws(TrackingError) {
        _ = try load(instructions)
        do throws(SystemError) {
            _ = OwnedDescriptor(adopting: try systemCall("open", place) { clinux_open_dummy_event() }, path: place)
        } catch {
            throw TrackingError(error)
        }
    }

    private static func load(_ instructions: [UInt64]) throws(TrackingError) -> OwnedDescriptor {
        var log: [CChar] = []
        // The verifier gives up at any signal to the process, also at those that nobody notices.
        for _ in 0..<loadLimit {
            do throws(SystemError) {
                return try load(instructions, &log)
            } catch {
                if error.code == .resourceTemporarilyUnavailable { continue }
                guard error.code != .notPermitted else { throw TrackingError(error) }
                guard log.isEmpty else { throw refusal(error, log) }
                // Once more, to hear why: the log costs time, and there is none where all is well.
                log = [CChar](repeating: 0, count: logByteCount)
            }
        }
        throw TrackingError(
            .systemFailure, "the kernel was interrupted each time that it looked at the program that marks writes")
    }

    private static func refusal(_ error: SystemError, _ log: [CChar]) -> TrackingError {
        let text = String(decoding: log.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let lines = text.split(separator: "\n").suffix(logLineLimit).joined(separator: "; ")
        return TrackingError(
            .unsupported, "the kernel refuses the program that marks writes: \(error.code) (\(lines))")
    }

    private static func attach(
        _ program: borrowing OwnedDescriptor, _ tracepoint: Tracepoint
    ) throws(TrackingError) -> OwnedDescriptor {
        let number = program.rawValue
        do throws(SystemError) {
            let event = OwnedDescriptor(
                adopting: try systemCall("open", place) { clinux_open_tracepoint(tracepoint.number) }, path: place)
            let descriptor = event.rawValue
            _ = try systemCall("attach", subject) { clinux_attach_program(descriptor, number) }
            return event
        } catch {
            throw TrackingError(error)
        }
    }

    /// `log`: empty for none.
    private static func load(_ instructions: [UInt64], _ log: inout [CChar]) throws(SystemError) -> OwnedDescriptor {
        let byteCount = UInt32(log.count)
        let number = try systemCall("load", subject) {
            clinux_bpf_load_program(instructions, UInt32(instructions.count), name, &log, byteCount)
        }
        return OwnedDescriptor(adopting: number, path: subject)
    }

    private static let subject: FilePath = "the program that marks writes"
    private static let place: FilePath = "a tracepoint"
    private static let logByteCount = 1 << 20
    private static let logLineLimit = 4
    private static let loadLimit = 50
}

/// The programs in the kernel, of all processes.
package enum KernelPrograms {
    /// How many there are that a process has loaded by this module.
    package static func count(of process: Int32) -> Int {
        let wanted = Program.name(of: process).utf8.map { CChar($0) }
        var (number, count): (UInt32, Int) = (0, 0)
        while clinux_bpf_next_program(number, &number) == 0 {
            let descriptor = clinux_bpf_open_program(number)
            guard descriptor >= 0 else { continue }
            let program = OwnedDescriptor(adopting: descriptor, path: "a program")
            var name = [CChar](repeating: 0, count: 16)
            guard clinux_bpf_name(program.rawValue, &name) == 0 else { continue }
            if name.prefix(while: { $0 != 0 }).elementsEqual(wanted) { count += 1 }
        }
        return count
    }
}
