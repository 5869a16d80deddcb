/// A part of a list, and the word by which the next part is asked for.
package struct Page<Element: Sendable>: Sendable {
    package var elements: [Element]
    /// Opaque; nil on the last page.
    package var nextToken: String?

    package init(_ elements: [Element], nextToken: String? = nil) {
        self.elements = elements
        self.nextToken = nextToken
    }
}
