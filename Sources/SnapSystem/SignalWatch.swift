internal import Dispatch
internal import Glibc

/// Turns SIGINT, SIGTERM and SIGHUP into a cancellation while it lives; a second signal ends the process as it would have.
package final class SignalWatch {
    private var sources: [any DispatchSourceSignal] = []

    package init(cancelling flag: CancellationFlag) {
        for (number, name) in [(SIGINT, "SIGINT"), (SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")] {
            signal(number, SIG_IGN)
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
        for number in [SIGINT, SIGTERM, SIGHUP] { signal(number, SIG_DFL) }
    }
}
