extension Duration {
    /// Whole microseconds, as durations are recorded: the rest is cut off. What no Int64 holds is the nearest that one does.
    package var wholeMicroseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000)
        let (sum, isTooFar) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000)
        guard !isTooLong, !isTooFar else { return seconds < 0 ? .min : .max }
        return sum
    }
}
