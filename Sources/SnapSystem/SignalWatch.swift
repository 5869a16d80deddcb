internal import Dispatch
internal import Glibc

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation while it lives; a second signal ends the process as it would have.
/// A signal that is ignored stays so: nohup(1) means it.
package final class SignalWatch {
    private var sources: [any DispatchSourceSignal] = []
    private var numbers: [CInt] = []

    package init(cancelling flag: CancellationFlag) {
        for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")] {
            guard !Self.isIgnored(number) else { continue }
            signal(number, SIG_IGN)
            numbers.append(number)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler {
                if flag.isCancelled { signal(number, SIG_DFL); raise(number) }
                flag.cancel("interrupted (\(name))")
            }
            source.resume()
            sources.append(source)
        }
    }

    deinit {
        for source in sources { source.cancel() }
        for number in numbers { signal(number, SIG_DFL) }
    }

    private static func isIgnored(_ number: CInt) -> Bool {
        var action = sigaction()
        sigaction(number, nil, &action)
        return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
