/// What one pass over the marked units of a volume came to.
package struct LivePass: Hashable, Sendable {
    package var unitCount: Int
    package var requestCount: Int
    package var duration: Duration
}

/// What happens when the volume is written to faster than it can be copied.
package enum NonConvergencePolicy: String, Sendable, Codable, CaseIterable {
    /// Goes on until it is quieter.
    case wait
    /// Freezes for as long as reading the rest takes.
    case freezeLonger = "freeze-longer"
    case fail
}
