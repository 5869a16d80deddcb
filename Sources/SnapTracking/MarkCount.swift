/// How many units of a volume are marked.
package struct MarkCount: Hashable, Sendable {
    package var unitCount = 0
    /// In how many runs; one that goes on in another word of the map counts again.
    package var runCount = 0

    package init() {}
}
